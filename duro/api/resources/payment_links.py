"""Resource of payment links (``/v1/payment-links``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..arguments import check_ids, check_optional, check_slugs
from ..json_arguments import check_json_objects
from ..models.payment_links import PaymentLink
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json_types import JSONObject
    from ..._unset import Unset
    from ..options import CallOptions

__all__ = ["AsyncPaymentLinks"]

CREATE: Final = Operation("createPaymentLink", "POST", "/v1/payment-links")


class AsyncPaymentLinks(AsyncResource):
    """Payment links: shareable links that sell one plan each."""

    async def create(
        self, *, plan_id: str, slug: str, metadata: JSONObject | Unset | None = None, **options: Unpack[CallOptions]
    ) -> PaymentLink:
        """Create a payment link that sells one plan (``createPaymentLink``, ``POST /v1/payment-links``).

        Args:
            plan_id: Plan to sell.
            slug: Last part of the link's URL: lower-case letters, digits and hyphens.
            metadata: Additional data of the merchant: a mapping of strings to JSON values.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The new payment link.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The plan does not exist, or belongs to another merchant or mode.
            ConflictError: Another payment link has this slug.
            OutcomeUnknownError: The payment link may have been created, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> (await client.payment_links.create(plan_id=plan.id, slug="pro")).slug
            'pro'
        """
        body = {
            **check_ids(plan_id=plan_id),
            **check_slugs(slug=slug),
            **check_optional(check_json_objects, metadata=metadata),
        }
        return await self._requester.call(CREATE, into=PaymentLink, body=body, options=options)
