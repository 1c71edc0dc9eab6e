"""Promo codes: a discount for whoever knows the code."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...errors import ApiError
from ...storage.rows import find, insert, update
from ...validation import (
    LARGEST_INTEGER,
    Flag,
    Moment,
    PositiveInteger,
    Text,
    given_members,
    integer,
    moment,
    nullable,
    one_of,
)
from ..dispatch import Call, Operation

__all__ = ["OPERATIONS"]

# In an update, null takes a limit away.
Limit: TypeAlias = Annotated[int | None, nullable(integer(1, LARGEST_INTEGER, "positive integer, or null"))]
Expiry: TypeAlias = Annotated[str | None, nullable(moment)]


@frozen
class PromoCodeCreate:
    """The body of ``createPromoCode``."""

    code: Text
    discount_type: Annotated[str, one_of("percentage", "fixed")]
    discount_value: PositiveInteger
    plan_id: Text | Unset = UNSET
    duration: Annotated[str, one_of("once", "forever", "repeating")] = "once"
    duration_cycles: PositiveInteger | Unset = UNSET
    max_redemptions: PositiveInteger | Unset = UNSET
    expires_at: Moment | Unset = UNSET


@frozen
class PromoCodeUpdate:
    """The body of ``updatePromoCode``."""

    active: Flag | Unset = UNSET
    max_redemptions: Limit | Unset = UNSET
    expires_at: Expiry | Unset = UNSET


def to_json(promo_code: sqlite3.Row) -> JSONObject:
    """Give a promo code the contract's shape."""
    limit, redeemed = promo_code["max_redemptions"], promo_code["redeemed_count"]
    return {
        "id": promo_code["id"],
        "code": promo_code["code"],
        "discountType": promo_code["discount_type"],
        "discountValue": promo_code["discount_value"],
        "duration": promo_code["duration"],
        "redeemedCount": redeemed,
        "remaining": None if limit is None else max(limit - redeemed, 0),
        "active": bool(promo_code["active"]),
        "expiresAt": promo_code["expires_at"],
        "createdAt": promo_code["created_at"],
    }


def create_promo_code(call: Call) -> JSONObject:
    """``createPromoCode``: a code exists once, and a percentage has its end at 100."""
    body = call.read(PromoCodeCreate)
    if body.discount_type == "percentage" and body.discount_value > 100:
        issue = "expected percentage of at most 100"
        raise ApiError(422, "Not valid: discountValue.", [{"path": "discountValue", "issue": issue}])
    if not isinstance(body.plan_id, Unset):
        find(call.db, "plans", body.plan_id)
    if call.db.execute("SELECT 1 FROM promo_codes WHERE code = ?", (body.code,)).fetchone():
        raise ApiError(409, "This code exists already.")
    identifier = call.new_id("promo")
    insert(call.db, "promo_codes", {"id": identifier, **given_members(body), "created_at": call.at})
    return to_json(find(call.db, "promo_codes", identifier))


def retrieve_promo_code(call: Call) -> JSONObject:
    """``getPromoCode``."""
    return to_json(find(call.db, "promo_codes", call.path["id"]))


def update_promo_code(call: Call) -> JSONObject:
    """``updatePromoCode``: what the body leaves out stays as it is, null takes a limit away."""
    promo_code = find(call.db, "promo_codes", call.path["id"])
    body = call.read(PromoCodeUpdate)
    return to_json(update(call.db, "promo_codes", promo_code["id"], given_members(body)))


OPERATIONS: Final = (
    Operation("POST", "/v1/promo-codes", create_promo_code, status=201),
    Operation("GET", "/v1/promo-codes/{id}", retrieve_promo_code),
    Operation("PATCH", "/v1/promo-codes/{id}", update_promo_code),
)
