"""Resource of checkout sessions in the customer's browser (``/checkout/{token}``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Unpack

from ..._secrets import RedactedStr
from ...http.operation import Operation, Surface
from ..arguments import check_open_enum, check_optional, check_strings
from ..models.customer_checkout import CheckoutPage, CheckoutPayment, CheckoutProgress
from ..models.transactions import Rail
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._unset import Unset
    from ..options import CallOptions

__all__ = ["AsyncCustomerCheckout"]

HYDRATE: Final = Operation("hydrateCheckout", "GET", "/checkout/{token}", Surface.PUBLIC)
PAY: Final = Operation("payCheckout", "POST", "/checkout/{token}/pay", Surface.PUBLIC)
STATUS: Final = Operation("pollCheckoutStatus", "GET", "/checkout/{token}/status", Surface.PUBLIC)


class AsyncCustomerCheckout(AsyncResource):
    """Checkout in the customer's browser: load the page, pay, poll the status."""

    async def hydrate(self, token: str, /, **options: Unpack[CallOptions]) -> CheckoutPage:
        """Retrieve the data of a checkout page (``hydrateCheckout``, ``GET /checkout/{token}``).

        Args:
            token: Token of the session (``cs_…``).
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The session and the merchant's branding, in ``extra``.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The token does not belong to a session.
            APIError: The API rejected the request for another reason.

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
        rail: Literal["card", "transfer", "ussd", "virtual_account", "direct_debit"] | Rail | str,
        email: str | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> CheckoutPayment:
        """Attempt to pay a session over one rail (``payCheckout``, ``POST /checkout/{token}/pay``).

        A completed session returns its first result again and charges nothing.

        Args:
            token: Token of the session (``cs_…``).
            rail: Rail of the payment: ``card``, ``transfer``, ``ussd``, ``virtual_account`` or ``direct_debit``.
            email: Email address of the customer.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The result of the attempt.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The token does not belong to a session.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The customer may have been charged, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> payment = await client.customer_checkout.pay(session.token, rail="card", email="ada@example.com")
            >>> payment.subscription_id is None
            True
        """
        token = RedactedStr.of(token)
        body = {**check_open_enum(Rail, rail=rail), **check_optional(check_strings, email=email)}
        return await self._requester.call(PAY, token, into=CheckoutPayment, body=body, options=options)

    async def status(self, token: str, /, **options: Unpack[CallOptions]) -> CheckoutProgress:
        """Retrieve the status of a session (``pollCheckoutStatus``, ``GET /checkout/{token}/status``).

        The API does not document the shape of this response. All of its fields are kept in ``extra``. Poll this method
        while a bank transfer is being confirmed.

        Args:
            token: Token of the session (``cs_…``).
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The status, in ``extra``.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The token does not belong to a session.
            APIError: The API rejected the request for another reason.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> (await client.customer_checkout.status(session.token)).extra["status"]
            'pending'
        """
        token = RedactedStr.of(token)
        return await self._requester.call(STATUS, token, into=CheckoutProgress, options=options)
