"""Payment links: a short address that sells one plan."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...errors import ApiError
from ...storage.rows import find, insert
from ...validation import JSONMapping, Text, matching
from ..dispatch import Call, Operation

__all__ = ["OPERATIONS"]


@frozen
class PaymentLinkCreate:
    """The body of ``createPaymentLink``; metadata is checked, but no answer shows it."""

    plan_id: Text
    slug: Annotated[str, matching(r"[a-z0-9-]+", "lower-case letters, digits and hyphens")]
    metadata: JSONMapping | Unset = UNSET


def to_json(link: sqlite3.Row) -> JSONObject:
    """Give a payment link the contract's shape."""
    return {
        "id": link["id"],
        "planId": link["plan_id"],
        "slug": link["slug"],
        "active": bool(link["active"]),
        "createdAt": link["created_at"],
    }


def create_payment_link(call: Call) -> JSONObject:
    """``createPaymentLink``: a slug leads to one link only."""
    body = call.read(PaymentLinkCreate)
    plan = find(call.db, "plans", body.plan_id)
    if plan["archived_at"]:
        raise ApiError(409, "The plan is archived and takes no more subscriptions.")
    if call.db.execute("SELECT 1 FROM payment_links WHERE slug = ?", (body.slug,)).fetchone():
        raise ApiError(409, "Another payment link has this slug.")
    identifier = call.new_id("link")
    values = {"id": identifier, "plan_id": plan["id"], "slug": body.slug, "created_at": call.at}
    insert(call.db, "payment_links", values)
    return to_json(find(call.db, "payment_links", identifier))


OPERATIONS: Final = (Operation("POST", "/v1/payment-links", create_payment_link, status=201),)
