"""Resource of checkout sessions on the merchant's server (``/v1/checkout/sessions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..arguments import check_amounts, check_ids, check_optional, check_strings, require_any
from ..json_arguments import check_json_objects
from ..models.checkout import CheckoutSession
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json_types import JSONObject
    from ..._unset import Unset
    from ..options import CallOptions

__all__ = ["AsyncCheckout"]

CREATE_SESSION: Final = Operation("createCheckoutSession", "POST", "/v1/checkout/sessions")
RETRIEVE_SESSION: Final = Operation(
    "getCheckoutSession", "GET", "/v1/checkout/sessions/{id}", arguments=("session_id",)
)


class AsyncCheckout(AsyncResource):
    """Checkout sessions on the merchant's server: create, and verify the outcome."""

    async def create_session(
        self,
        *,
        plan_id: str | Unset | None = None,
        amount: int | Unset | None = None,
        currency: str | Unset | None = None,
        customer_email: str | Unset | None = None,
        customer_phone: str | Unset | None = None,
        success_url: str | Unset | None = None,
        metadata: JSONObject | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> CheckoutSession:
        """Create a session for a plan or an amount (``createCheckoutSession``, ``POST /v1/checkout/sessions``).

        Redirect the customer's browser to ``url``. The redirect back to ``success_url`` does not prove a payment:
        retrieve the session by its id, or wait for the webhook.

        Args:
            plan_id: Plan to sell. Either ``plan_id`` or ``amount`` is required.
            amount: One-time amount in minor units (kobo).
            currency: Currency of the amount, as an ISO 4217 code. The API's default is ``NGN``.
            customer_email: Email address of the customer.
            customer_phone: Phone number of the customer: digits with the country code.
            success_url: URL to which the browser is redirected after the payment.
            metadata: Additional data of the merchant: a mapping of strings to JSON values.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The session. Its ``token`` and ``url`` are secrets, and its repr does not show them.

        Raises:
            InvalidArgumentError: Neither ``plan_id`` nor ``amount`` is set, or an argument has a wrong type.
            NotFoundError: The plan does not exist, or belongs to another merchant or mode.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The session may have been created, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000, success_url="https://shop.example/done")
            >>> session.kind == "one_time", session.status == "pending"
            (True, True)
        """
        body = {
            **check_optional(check_ids, plan_id=plan_id),
            **check_optional(check_amounts, amount=amount),
            **check_optional(
                check_strings,
                currency=currency,
                customer_email=customer_email,
                customer_phone=customer_phone,
                success_url=success_url,
            ),
            **check_optional(check_json_objects, metadata=metadata),
        }
        require_any(body, "plan_id", "amount")
        return await self._requester.call(CREATE_SESSION, into=CheckoutSession, body=body, options=options)

    async def retrieve_session(self, session_id: str, /, **options: Unpack[CallOptions]) -> CheckoutSession:
        """Retrieve a session to verify its outcome (``getCheckoutSession``, ``GET /v1/checkout/sessions/{id}``).

        The API does not document the shape of this response. Undocumented fields are kept in ``extra``.

        Args:
            session_id: Id of the session (``chk_…``), not its token.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The session.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The session does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> (await client.checkout.retrieve_session(session.id)).amount
            250000
        """
        return await self._requester.call(RETRIEVE_SESSION, session_id, into=CheckoutSession, options=options)
