"""Payment links: create."""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...billing import payment_links
from ...representation import payment_link_to_json
from ...storage.rows import find
from ...validation import JSONMapping, Text, matching
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


@frozen
class PaymentLinkCreate:
    """Body of ``createPaymentLink``. The metadata is validated but not returned."""

    plan_id: Text
    slug: Annotated[str, matching(r"[a-z0-9-]+", "lower-case letters, digits and hyphens")]
    metadata: JSONMapping | Unset = UNSET


def create_payment_link(context: RequestContext) -> JSONObject:
    """``createPaymentLink``."""
    body = context.read_body(PaymentLinkCreate)
    plan = find(context.uow.db, "plans", body.plan_id)
    return payment_link_to_json(payment_links.create_payment_link(context.uow, plan, body.slug))


OPERATIONS: Final = (ApiOperation("POST", "/v1/payment-links", create_payment_link, status=201),)
