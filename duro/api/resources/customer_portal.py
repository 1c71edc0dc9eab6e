"""The customer portal (``/portal/email``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation, Surface
from ..arguments import (
    check_bools,
    check_choice,
    check_digits,
    check_integers,
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
from ..pages import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ...config import Mode
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncCustomerPortal"]

START: Final = Operation("portalEmailStart", "POST", "/portal/email/start", Surface.PUBLIC)
VERIFY: Final = Operation("portalEmailVerify", "POST", "/portal/email/verify", Surface.PUBLIC)
SUBSCRIPTIONS: Final = Operation("portalEmailSubscriptions", "GET", "/portal/email/subscriptions", Surface.PORTAL)
PAUSE: Final = Operation("portalEmailPause", "POST", "/portal/email/subscriptions/{mode}/{id}/pause", Surface.PORTAL)
CARDS: Final = Operation("portalEmailCards", "GET", "/portal/email/cards", Surface.PORTAL)
WALLET: Final = Operation("portalEmailWallet", "GET", "/portal/email/wallet", Surface.PORTAL)
TOP_UP: Final = Operation("portalEmailTopup", "POST", "/portal/email/wallet/topup", Surface.PORTAL)
REQUEST_VIRTUAL_ACCOUNT: Final = Operation(
    "portalEmailVirtualAccount", "POST", "/portal/email/virtual-account", Surface.PORTAL
)

LEAST_TOP_UP: Final = 100
BVN_DIGITS: Final = 11


class AsyncCustomerPortal(AsyncResource):
    """Where customers look after their own subscriptions."""

    async def start(
        self,
        *,
        email: str | Unset = UNSET,
        token: str | Unset = UNSET,
        resend: bool | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> PortalCodeDelivery:
        """Mail a sign-in code to a customer (``portalEmailStart``, ``POST /portal/email/start``).

        Args:
            email: The customer's address; this or ``token`` has to be given.
            token: The token of a portal link, which carries the address.
            resend: Whether to send the code again while one is on its way.
            **options: What may be said with every call.

        Returns:
            Where the code was sent.

        Raises:
            InvalidArgumentError: Neither address nor token was given, or an argument is of the wrong type.
            RateLimitError: Too many codes were sent.
            OutcomeUnknownError: The code may have been sent.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> (await client.customer_portal.start(email="ada@example.com")).email
            'ada@example.com'
        """
        given = wrap_secrets(token=token)
        del token
        body = {**check_strings(email=email), **check_secrets(given), **check_bools(resend=resend)}
        require_any(email=body["email"], token=body["token"])
        return await self._requester.call(START, into=PortalCodeDelivery, body=body, options=options)

    async def verify(
        self,
        *,
        code: str,
        email: str | Unset = UNSET,
        token: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> PortalAccess:
        """Exchange a code for a portal session (``portalEmailVerify``, ``POST /portal/email/verify``).

        Args:
            code: The digits of the mail.
            email: The address that it was sent to; this or ``token`` has to be given.
            token: The token of a portal link, which carries the address.
            **options: What may be said with every call.

        Returns:
            The session; give it as ``credential=`` to ``with_options`` or to a call.

        Raises:
            InvalidArgumentError: Neither address nor token was given, or an argument is of the wrong type.
            APIError: The code is wrong, was used, or is too old.
            OutcomeUnknownError: The code may have been used.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> portal = client.with_options(credential=session)
            >>> await portal.customer_portal.cards().collect()
            []
        """
        given = wrap_secrets(code=code, token=token)
        del code, token
        body = {**check_strings(email=email), **check_secrets(given)}
        require_any(email=body["email"], token=body["token"])
        return await self._requester.call(VERIFY, into=PortalAccess, body=body, options=options)

    def subscriptions(self, **options: Unpack[CallOptions]) -> AsyncPages[PortalMerchantGroup]:
        """List the subscriptions by merchant (``portalEmailSubscriptions``, ``GET /portal/email/subscriptions``).

        Args:
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify``.

        Returns:
            One group for each merchant, all on one page.

        Raises:
            ConfigurationError: The credential is no portal session.
            AuthenticationError: The session has ended, seen while the page is walked.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> [group.subscriptions async for group in client.customer_portal.subscriptions(credential=session)]
            []
        """
        return self._requester.pages(SUBSCRIPTIONS, into=PortalMerchantPage, options=options)

    async def pause(
        self, mode: Mode, subscription_id: str, /, **options: Unpack[CallOptions]
    ) -> PortalSubscriptionAction:
        """Pause a subscription (``portalEmailPause``, ``POST /portal/email/subscriptions/{mode}/{id}/pause``).

        Args:
            mode: Which mode the subscription is of: ``test`` or ``live``.
            subscription_id: The subscription.
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify``.

        Returns:
            The subscription that was paused.

        Raises:
            InvalidArgumentError: The mode is neither.
            ConfigurationError: The credential is no portal session.
            NotFoundError: The account has no such subscription.
            ConflictError: It is not active.
            OutcomeUnknownError: It may have been paused.

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
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify``.

        Returns:
            The cards, all on one page.

        Raises:
            ConfigurationError: The credential is no portal session.
            AuthenticationError: The session has ended, seen while the page is walked.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> await client.customer_portal.cards(credential=session).collect()
            []
        """
        return self._requester.pages(CARDS, into=Page[PortalCard], options=options)

    async def wallet(self, **options: Unpack[CallOptions]) -> PortalWallet:
        """Fetch the wallet and its history (``portalEmailWallet``, ``GET /portal/email/wallet``).

        Args:
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify``.

        Returns:
            The wallet; its amounts are minor units (kobo).

        Raises:
            ConfigurationError: The credential is no portal session.
            AuthenticationError: The session has ended.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> (await client.customer_portal.wallet(credential=session)).balance
            0
        """
        return await self._requester.call(WALLET, into=PortalWallet, options=options)

    async def top_up(self, *, amount_naira: int, **options: Unpack[CallOptions]) -> PortalTopUp:
        """Open a checkout that fills the wallet (``portalEmailTopup``, ``POST /portal/email/wallet/topup``).

        The one amount of this API that is not in kobo. The shape of this
        answer is not documented by the API; fields beyond those known are
        kept in ``extra``.

        Args:
            amount_naira: How much, in whole naira, at least 100: ``100`` is what elsewhere is ``10_000`` kobo.
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify``.

        Returns:
            The checkout; its token and address are secrets, and no repr shows them.

        Raises:
            InvalidArgumentError: The amount is no whole number of at least 100.
            ConfigurationError: The credential is no portal session.
            OutcomeUnknownError: The checkout may have been opened; nothing is charged before it is paid.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", name="Ada")
            >>> delivery = await client.customer_portal.start(email="ada@example.com")
            >>> session = await client.customer_portal.verify(email="ada@example.com", code=sandbox.codes[-1].code)
            >>> top_up = await client.customer_portal.top_up(amount_naira=500, credential=session)
            >>> payment = await client.customer_checkout.pay(top_up.checkout_token, rail="card")
            >>> (await client.customer_portal.wallet(credential=session)).balance
            50000
        """
        check_integers(amount_naira=amount_naira)
        check_range("amount_naira", amount_naira, least=LEAST_TOP_UP)
        return await self._requester.call(TOP_UP, into=PortalTopUp, body={"amount": amount_naira}, options=options)

    async def request_virtual_account(self, *, bvn: str, **options: Unpack[CallOptions]) -> PortalVirtualAccount:
        """Ask for a bank account (``portalEmailVirtualAccount``, ``POST /portal/email/virtual-account``).

        Transfers to it fill the wallet.

        The shape of this answer is not documented by the API; all of its
        fields are kept in ``extra``.

        Args:
            bvn: The customer's bank verification number, eleven digits; it is never answered, logged or shown.
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify``.

        Returns:
            The account.

        Raises:
            InvalidArgumentError: The number is not eleven digits.
            ConfigurationError: The credential is no portal session.
            OutcomeUnknownError: The account may have been opened.

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
