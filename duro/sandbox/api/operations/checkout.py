"""Checkout sessions of merchants: create, retrieve."""

from __future__ import annotations

import json
from typing import Annotated, Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...auth.audience import Audience
from ...billing.checkout_sessions import ONE_TIME, TOP_UP, open_checkout_session, price_plan
from ...billing.plans import check_plan_available
from ...errors import ApiError
from ...representation import checkout_session_to_json
from ...storage.rows import find
from ...validation import (
    Currency,
    Email,
    InvalidValueError,
    JSONMapping,
    PositiveInteger,
    Text,
    invalid_field,
    matching,
)
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


_check_url: Final = matching(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", "absolute URL")
# A browser would run their content as a program of the page.
_PROGRAM_SCHEMES: Final = ("data:", "javascript:", "vbscript:")


def _check_success_url(value: object) -> str:
    url = str(_check_url(value))
    if url.lower().startswith(_PROGRAM_SCHEMES):
        raise InvalidValueError("expected URL of a page or an application")
    return url


@frozen
class CheckoutCreate:
    """Body of ``createCheckoutSession``. The events of the session contain its metadata."""

    plan_id: Text | Unset = UNSET
    amount: PositiveInteger | Unset = UNSET
    currency: Currency | Unset = UNSET
    customer_email: Email | Unset = UNSET
    customer_phone: Text | Unset = UNSET
    success_url: Annotated[str, _check_success_url] | Unset = UNSET
    metadata: JSONMapping | Unset = UNSET


def create_checkout_session(context: RequestContext) -> JSONObject:
    """``createCheckoutSession``: for a plan, or for a one-off amount."""
    body = context.read_body(CheckoutCreate)
    values = _price_plan(context, body) if body.plan_id else _price_amount(body)
    for column in ("customer_email", "customer_phone", "success_url"):
        values[column] = getattr(body, column) or None
    if body.metadata:
        values["metadata"] = json.dumps(body.metadata)
    return checkout_session_to_json(open_checkout_session(context.uow, values, context.origin))


def retrieve_checkout_session(context: RequestContext) -> JSONObject:
    """``getCheckoutSession``."""
    session = find(context.uow.db, "checkout_sessions", context.path["id"])
    if session["kind"] == TOP_UP:
        raise ApiError(404, "The checkout session does not exist.")
    return checkout_session_to_json(session)


def _price_plan(context: RequestContext, body: CheckoutCreate) -> dict[str, object]:
    if not isinstance(body.amount, Unset):
        raise invalid_field("amount", "expected planId or amount, not both")
    plan = find(context.uow.db, "plans", str(body.plan_id))
    check_plan_available(plan)
    if not isinstance(body.currency, Unset) and body.currency != plan["currency"]:
        raise invalid_field("currency", "expected the plan's currency, or omit it")
    return price_plan(plan)


def _price_amount(body: CheckoutCreate) -> dict[str, object]:
    if isinstance(body.amount, Unset):
        raise invalid_field("amount", "required without planId")
    return {"kind": ONE_TIME, "price": body.amount, "currency": body.currency or "NGN"}


OPERATIONS: Final = (
    ApiOperation("POST", "/v1/checkout/sessions", create_checkout_session, status=201, audience=Audience.BROWSER),
    ApiOperation("GET", "/v1/checkout/sessions/{id}", retrieve_checkout_session),
)
