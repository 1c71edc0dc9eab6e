"""Checkout: the sessions that a merchant opens, for a plan or for a one-off amount."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Annotated, Final

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...errors import ApiError
from ...storage.rows import find, insert
from ...validation import Currency, Email, JSONMapping, PositiveInteger, Text, matching
from ..dispatch import Call, Operation

__all__ = ["ONE_TIME", "OPERATIONS", "SUBSCRIPTION", "TOP_UP", "open_checkout"]

SUBSCRIPTION: Final = "subscription"
ONE_TIME: Final = "one_time"
# Opened in the portal, by a person for their own wallet: no merchant sees it.
TOP_UP: Final = "topup"


@frozen
class CheckoutCreate:
    """The body of ``createCheckoutSession``; metadata is checked, but no answer shows it."""

    plan_id: Text | Unset = UNSET
    amount: PositiveInteger | Unset = UNSET
    currency: Currency | Unset = UNSET
    customer_email: Email | Unset = UNSET
    customer_phone: Text | Unset = UNSET
    success_url: Annotated[str, matching(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", "absolute URL")] | Unset = UNSET
    metadata: JSONMapping | Unset = UNSET


def to_json(session: sqlite3.Row) -> JSONObject:
    """Give a session the contract's shape."""
    return {
        "id": session["id"],
        "token": session["token"],
        "url": session["url"],
        "status": session["status"],
        "kind": session["kind"],
        "amount": session["amount"],
        "currency": session["currency"],
        "planId": session["plan_id"],
        "createdAt": session["created_at"],
    }


def open_checkout(call: Call, values: Mapping[str, object]) -> sqlite3.Row:
    """Open a session; whoever has its token may pay it.

    Args:
        call: The call.
        values: The value of each column but those that every new session has.

    Returns:
        A pending session.
    """
    identifier, token = call.new_id("chk"), f"cs_test_{secrets.token_urlsafe(24)}"
    # The hosted page is Duro's; a sandbox sends nobody there, and shows what the page would load.
    fresh = {"id": identifier, "token": token, "url": f"{call.origin}/checkout/{token}", "created_at": call.at}
    insert(call.db, "checkout_sessions", {**fresh, **values})
    return find(call.db, "checkout_sessions", identifier)


def create_checkout_session(call: Call) -> JSONObject:
    """``createCheckoutSession``: the plan says what it costs, or else the amount does."""
    body = call.read(CheckoutCreate)
    values = _for_plan(call, body) if body.plan_id else _for_amount(body)
    for column in ("customer_email", "customer_phone", "success_url"):
        values[column] = getattr(body, column) or None
    return to_json(open_checkout(call, values))


def retrieve_checkout_session(call: Call) -> JSONObject:
    """``getCheckoutSession``."""
    session = find(call.db, "checkout_sessions", call.path["id"])
    if session["kind"] == TOP_UP:
        raise ApiError(404, "There is no such checkout session.")
    return to_json(session)


def _for_plan(call: Call, body: CheckoutCreate) -> dict[str, object]:
    if not isinstance(body.amount, Unset):
        raise _unfit("amount", "expected nothing beside planId, which has an amount of its own")
    plan = find(call.db, "plans", str(body.plan_id))
    if plan["archived_at"]:
        raise ApiError(409, "The plan is archived and takes no more subscriptions.")
    if not isinstance(body.currency, Unset) and body.currency != plan["currency"]:
        raise _unfit("currency", "expected the plan's currency, or nothing")
    return {"kind": SUBSCRIPTION, "plan_id": plan["id"], "amount": plan["amount"], "currency": plan["currency"]}


def _for_amount(body: CheckoutCreate) -> dict[str, object]:
    if isinstance(body.amount, Unset):
        raise _unfit("amount", "required, unless planId is given")
    return {"kind": ONE_TIME, "amount": body.amount, "currency": body.currency or "NGN"}


def _unfit(path: str, issue: str) -> ApiError:
    return ApiError(422, f"Not valid: {path}.", [{"path": path, "issue": issue}])


OPERATIONS: Final = (
    Operation("POST", "/v1/checkout/sessions", create_checkout_session, status=201),
    Operation("GET", "/v1/checkout/sessions/{id}", retrieve_checkout_session),
)
