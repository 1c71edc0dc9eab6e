"""Checkout sessions, for the merchant's server (``/v1/checkout/sessions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_ids, check_integers, check_json_objects, check_strings, require_any
from ..models.checkout import CheckoutSession
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json import JSONObject
    from ..options import CallOptions

__all__ = ["AsyncCheckout"]

CREATE_SESSION: Final = Operation("createCheckoutSession", "POST", "/v1/checkout/sessions")
RETRIEVE_SESSION: Final = Operation("getCheckoutSession", "GET", "/v1/checkout/sessions/{id}")


class AsyncCheckout(AsyncResource):
    """Pages of Duro's on which customers pay."""

    async def create_session(
        self,
        *,
        plan_id: str | Unset = UNSET,
        amount: int | Unset = UNSET,
        currency: str | Unset = UNSET,
        customer_email: str | Unset = UNSET,
        customer_phone: str | Unset = UNSET,
        success_url: str | Unset = UNSET,
        metadata: JSONObject | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CheckoutSession:
        """Open a session for a plan or an amount (``createCheckoutSession``, ``POST /v1/checkout/sessions``).

        Send the browser to ``url``. That it comes back proves nothing: fetch
        the session by its id, or wait for the webhook.

        Args:
            plan_id: The plan to sell; this or ``amount`` has to be given.
            amount: A one-off amount, in minor units (kobo).
            currency: The currency of the amount; the API's default is ``NGN``.
            customer_email: The customer's address, if known.
            customer_phone: The customer's telephone number, digits with the country's code.
            success_url: Where the browser goes afterwards.
            metadata: Anything that is JSON.
            **options: What may be said with every call.

        Returns:
            The session; its token and address are secrets, and no repr shows them.

        Raises:
            InvalidArgumentError: Neither plan nor amount was given, or an argument is of the wrong type.
            NotFoundError: There is no such plan in this tenant and mode.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The session may have been opened.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000, success_url="https://shop.example/done")
            >>> session.kind == "one_time", session.status == "pending"
            (True, True)
        """
        require_any(plan_id=plan_id, amount=amount)
        body = {
            **check_ids(plan_id=plan_id),
            **check_integers(amount=amount),
            **check_strings(
                currency=currency,
                customer_email=customer_email,
                customer_phone=customer_phone,
                success_url=success_url,
            ),
            **check_json_objects(metadata=metadata),
        }
        return await self._requester.call(CREATE_SESSION, into=CheckoutSession, body=body, options=options)

    async def retrieve_session(self, session_id: str, /, **options: Unpack[CallOptions]) -> CheckoutSession:
        """Fetch a session, to verify its outcome (``getCheckoutSession``, ``GET /v1/checkout/sessions/{id}``).

        The shape of this answer is not documented by the API; fields beyond
        those known are kept in ``extra``.

        Args:
            session_id: The session's id, not its token.
            **options: What may be said with every call.

        Returns:
            The session.

        Raises:
            NotFoundError: There is no such session in this tenant and mode.

        Example:
            >>> session = await client.checkout.create_session(amount=250_000)
            >>> (await client.checkout.retrieve_session(session.id)).amount
            250000
        """
        return await self._requester.call(RETRIEVE_SESSION, session_id, into=CheckoutSession, options=options)
