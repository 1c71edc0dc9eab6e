"""Payment links (``/v1/payment-links``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_ids, check_json_objects, check_slugs
from ..models.payment_links import PaymentLink
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json import JSONObject
    from ..options import CallOptions

__all__ = ["AsyncPaymentLinks"]

CREATE: Final = Operation("createPaymentLink", "POST", "/v1/payment-links")


class AsyncPaymentLinks(AsyncResource):
    """Links to share, each of which sells one plan."""

    async def create(
        self, *, plan_id: str, slug: str, metadata: JSONObject | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> PaymentLink:
        """Create a link that sells one plan (``createPaymentLink``, ``POST /v1/payment-links``).

        Args:
            plan_id: What it sells.
            slug: Its last part: lower-case letters, digits and hyphens.
            metadata: Anything that is JSON.
            **options: What may be said with every call.

        Returns:
            The new payment link.

        Raises:
            InvalidArgumentError: The slug has other characters, or the metadata is no JSON.
            NotFoundError: There is no such plan in this tenant and mode.
            ConflictError: The slug is taken.
            OutcomeUnknownError: The link may have been created.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> (await client.payment_links.create(plan_id=plan.id, slug="pro")).slug
            'pro'
        """
        body = {**check_ids(plan_id=plan_id), **check_slugs(slug=slug), **check_json_objects(metadata=metadata)}
        return await self._requester.call(CREATE, into=PaymentLink, body=body, options=options)
