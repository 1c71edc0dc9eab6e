"""Checkout sessions, for the customer's side (``/checkout/{token}``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._secrets import RedactedStr
from ..._unset import UNSET, Unset
from ...http.operation import Operation, Surface
from ..arguments import check_strings
from ..models.customer_checkout import CheckoutPage, CheckoutPayment, CheckoutProgress
from .base import AsyncResource

if TYPE_CHECKING:
    from ..models.transactions import Rail
    from ..options import CallOptions

__all__ = ["AsyncCustomerCheckout"]

HYDRATE: Final = Operation("hydrateCheckout", "GET", "/checkout/{token}", Surface.PUBLIC)
PAY: Final = Operation("payCheckout", "POST", "/checkout/{token}/pay", Surface.PUBLIC)
STATUS: Final = Operation("pollCheckoutStatus", "GET", "/checkout/{token}/status", Surface.PUBLIC)


class AsyncCustomerCheckout(AsyncResource):
    """What a checkout page does; the session's token is all that it needs."""

    async def hydrate(self, token: str, /, **options: Unpack[CallOptions]) -> CheckoutPage:
        """Fetch what a checkout page shows (``hydrateCheckout``, ``GET /checkout/{token}``).

        Args:
            token: The session's token, ``cs_…``.
            **options: What may be said with every call.

        Returns:
            The session and the merchant's branding, in ``extra``.

        Raises:
            NotFoundError: There is no session with this token.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> page = await client.customer_checkout.hydrate(session.token)
            >>> bool(page.extra)
            True
        """
        token = RedactedStr.of(token)
        return await self._requester.call(HYDRATE, token, into=CheckoutPage, options=options)

    async def pay(
        self,
        token: str,
        /,
        *,
        rail: Rail | str,
        email: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CheckoutPayment:
        """Attempt the payment over one rail (``payCheckout``, ``POST /checkout/{token}/pay``).

        A completed session answers its result again and charges nothing.

        Args:
            token: The session's token, ``cs_…``.
            rail: The way the money takes, such as ``card``.
            email: The customer's address.
            **options: What may be said with every call.

        Returns:
            What became of the attempt.

        Raises:
            InvalidArgumentError: An argument is no text.
            NotFoundError: There is no session with this token.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The customer may have been charged.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> payment = await client.customer_checkout.pay(session.token, rail="card", email="ada@example.com")
            >>> payment.subscription_id is None
            True
        """
        token = RedactedStr.of(token)
        body = check_strings(rail=rail, email=email)
        return await self._requester.call(PAY, token, into=CheckoutPayment, body=body, options=options)

    async def status(self, token: str, /, **options: Unpack[CallOptions]) -> CheckoutProgress:
        """Ask where a session stands (``pollCheckoutStatus``, ``GET /checkout/{token}/status``).

        The shape of this answer is not documented by the API; all of its
        fields are kept in ``extra``.

        Args:
            token: The session's token, ``cs_…``.
            **options: What may be said with every call.

        Returns:
            The answer.

        Raises:
            NotFoundError: There is no session with this token.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> (await client.customer_checkout.status(session.token)).extra["status"]
            'pending'
        """
        token = RedactedStr.of(token)
        return await self._requester.call(STATUS, token, into=CheckoutProgress, options=options)
