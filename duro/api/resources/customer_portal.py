"""Resource of the customer portal (``/portal/email``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation, Surface
from ..arguments import (
    check_bools,
    check_choice,
    check_digits,
    check_optional,
    check_range,
    check_secrets,
    check_strings,
    require_any,
    wrap_secrets,
)
from ..models.customer_portal import (
    PortalAccess,
    PortalCard,
    PortalCodeDelivery,
    PortalMerchantGroup,
    PortalMerchantPage,
    PortalSubscriptionAction,
    PortalTopUp,
    PortalVirtualAccount,
    PortalWallet,
)
from ..page import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._unset import Unset
    from ...config import Mode
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncCustomerPortal"]

START: Final = Operation("portalEmailStart", "POST", "/portal/email/start", Surface.PUBLIC)
VERIFY: Final = Operation("portalEmailVerify", "POST", "/portal/email/verify", Surface.PUBLIC)
SUBSCRIPTIONS: Final = Operation("portalEmailSubscriptions", "GET", "/portal/email/subscriptions", Surface.PORTAL)
PAUSE: Final = Operation(
    "portalEmailPause",
    "POST",
    "/portal/email/subscriptions/{mode}/{id}/pause",
    Surface.PORTAL,
    arguments=("mode", "subscription_id"),
)
CARDS: Final = Operation("portalEmailCards", "GET", "/portal/email/cards", Surface.PORTAL)
WALLET: Final = Operation("portalEmailWallet", "GET", "/portal/email/wallet", Surface.PORTAL)
TOP_UP: Final = Operation("portalEmailTopup", "POST", "/portal/email/wallet/topup", Surface.PORTAL)
REQUEST_VIRTUAL_ACCOUNT: Final = Operation(
    "portalEmailVirtualAccount", "POST", "/portal/email/virtual-account", Surface.PORTAL
)

MIN_TOP_UP_NAIRA: Final = 100
BVN_DIGITS: Final = 11


class AsyncCustomerPortal(AsyncResource):
    """Customer portal: sign in by email, manage subscriptions, cards and the wallet."""

    async def start(
        self,
        *,
        email: str | Unset | None = None,
        token: str | Unset | None = None,
        resend: bool | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> PortalCodeDelivery:
        """Send a sign-in code by email (``portalEmailStart``, ``POST /portal/email/start``).

        Args:
            email: Email address of the customer. Either ``email`` or ``token`` is required.
            token: Token of a portal link, which contains the email address.
            resend: Whether to send the code again during the cooldown.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The email address to which the code was sent.

        Raises:
            InvalidArgumentError: Neither ``email`` nor ``token`` is set, or an argument has a wrong type.
            RateLimitError: Too many codes were sent.
            OutcomeUnknownError: The code may have been sent, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> (await client.customer_portal.start(email="ada@example.com")).email
            'ada@example.com'
        """
        wrapped = wrap_secrets(token=token)
        del token
        body = {
            **check_optional(check_strings, email=email),
            **check_optional(check_secrets, **wrapped),
            **check_optional(check_bools, resend=resend),
        }
        require_any(body, "email", "token")
        return await self._requester.call(START, into=PortalCodeDelivery, body=body, options=options)

    async def verify(
        self,
        *,
        code: str,
        email: str | Unset | None = None,
        token: str | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> PortalAccess:
        """Exchange a sign-in code for a portal session (``portalEmailVerify``, ``POST /portal/email/verify``).

        Args:
            code: Sign-in code: the digits in the email.
            email: Email address to which the code was sent. Either ``email`` or ``token`` is required.
            token: Token of a portal link, which contains the email address.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The session. Pass this object as ``credential=`` to ``with_options`` or to a call.

        Raises:
            InvalidArgumentError: Neither ``email`` nor ``token`` is set, or an argument has a wrong type.
            OutcomeUnknownError: The code may have been used, but no usable response arrived.
            APIError: The code is wrong, used or expired.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> portal = client.with_options(credential=session)
            >>> await portal.customer_portal.cards().collect()
            []
        """
        required, optional = wrap_secrets(code=code), wrap_secrets(token=token)
        del code, token
        body = {
            **check_secrets(**required),
            **check_optional(check_strings, email=email),
            **check_optional(check_secrets, **optional),
        }
        require_any(body, "email", "token")
        return await self._requester.call(VERIFY, into=PortalAccess, body=body, options=options)

    def subscriptions(self, **options: Unpack[CallOptions]) -> AsyncPages[PortalMerchantGroup]:
        """List the subscriptions by merchant (``portalEmailSubscriptions``, ``GET /portal/email/subscriptions``).

        Args:
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify``.

        Returns:
            One group of subscriptions for each merchant, all on one page.

        Raises:
            ConfigurationError: The credential is not a portal session.
            AuthenticationError: The portal session expired or is invalid. Raised during iteration.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> [group.subscriptions async for group in client.customer_portal.subscriptions(credential=session)]
            []
        """
        return self._requester.paginate(SUBSCRIPTIONS, into=PortalMerchantPage, options=options)

    async def pause(
        self, mode: Mode, subscription_id: str, /, **options: Unpack[CallOptions]
    ) -> PortalSubscriptionAction:
        """Pause a subscription (``portalEmailPause``, ``POST /portal/email/subscriptions/{mode}/{id}/pause``).

        Args:
            mode: Mode of the subscription: ``test`` or ``live``.
            subscription_id: Subscription to pause.
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify``.

        Returns:
            The id of the paused subscription.

        Raises:
            InvalidArgumentError: ``mode`` is not ``test`` or ``live``, or ``subscription_id`` is invalid.
            ConfigurationError: The credential is not a portal session.
            NotFoundError: The subscription does not exist, or belongs to another account.
            ConflictError: The subscription is not active.
            OutcomeUnknownError: The subscription may have been paused, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> paused = await client.customer_portal.pause("test", subscription.id, credential=session)
            >>> paused.id == subscription.id
            True
        """
        check_choice("mode", mode, "test", "live")
        return await self._requester.call(PAUSE, mode, subscription_id, into=PortalSubscriptionAction, options=options)

    def cards(self, **options: Unpack[CallOptions]) -> AsyncPages[PortalCard]:
        """List the saved cards (``portalEmailCards``, ``GET /portal/email/cards``).

        Args:
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify``.

        Returns:
            The cards, all on one page.

        Raises:
            ConfigurationError: The credential is not a portal session.
            AuthenticationError: The portal session expired or is invalid. Raised during iteration.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> await client.customer_portal.cards(credential=session).collect()
            []
        """
        return self._requester.paginate(CARDS, into=Page[PortalCard], options=options)

    async def wallet(self, **options: Unpack[CallOptions]) -> PortalWallet:
        """Retrieve the wallet and its transactions (``portalEmailWallet``, ``GET /portal/email/wallet``).

        Args:
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify``.

        Returns:
            The wallet. All amounts are in minor units (kobo).

        Raises:
            ConfigurationError: The credential is not a portal session.
            AuthenticationError: The portal session expired or is invalid.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> (await client.customer_portal.wallet(credential=session)).balance
            0
        """
        return await self._requester.call(WALLET, into=PortalWallet, options=options)

    async def top_up(self, *, amount_naira: int, **options: Unpack[CallOptions]) -> PortalTopUp:
        """Create a checkout that tops up the wallet (``portalEmailTopup``, ``POST /portal/email/wallet/topup``).

        ``amount_naira`` is the only amount of the API that is not in kobo. The API does not document the shape of this
        response. Undocumented fields are kept in ``extra``.

        Args:
            amount_naira: Amount in whole naira, at least 100. ``100`` here equals ``10_000`` kobo elsewhere.
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify``.

        Returns:
            The checkout. Its token and URL are secrets, and its repr does not show them.

        Raises:
            InvalidArgumentError: ``amount_naira`` is not an integer of at least 100.
            ConfigurationError: The credential is not a portal session.
            OutcomeUnknownError: The checkout may have been created (nothing is charged before it is paid), but no
                usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> top_up = await client.customer_portal.top_up(amount_naira=500, credential=session)
            >>> payment = await client.customer_checkout.pay(top_up.checkout_token, rail="card")
            >>> (await client.customer_portal.wallet(credential=session)).balance
            50000
        """
        check_range("amount_naira", amount_naira, minimum=MIN_TOP_UP_NAIRA, advice="pass whole naira, not kobo")
        return await self._requester.call(TOP_UP, into=PortalTopUp, body={"amount": amount_naira}, options=options)

    async def request_virtual_account(self, *, bvn: str, **options: Unpack[CallOptions]) -> PortalVirtualAccount:
        """Request a virtual bank account (``portalEmailVirtualAccount``, ``POST /portal/email/virtual-account``).

        Transfers to this virtual account are credited to the wallet. The API does not document the shape of this
        response. All of its fields are kept in ``extra``.

        Args:
            bvn: Bank verification number of the customer, eleven digits. It never appears in a response, log or repr.
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify``.

        Returns:
            The virtual account, in ``extra``.

        Raises:
            InvalidArgumentError: ``bvn`` is not a string of eleven digits.
            ConfigurationError: The credential is not a portal session.
            OutcomeUnknownError: The virtual account may have been issued, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> account = await client.customer_portal.request_virtual_account(bvn="12345678901", credential=session)
            >>> bool(account.extra)
            True
        """
        body = wrap_secrets(bvn=bvn)
        del bvn
        check_digits("bvn", body["bvn"], BVN_DIGITS)
        return await self._requester.call(
            REQUEST_VIRTUAL_ACCOUNT, into=PortalVirtualAccount, body=body, options=options
        )
