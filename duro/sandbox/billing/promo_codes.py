"""Promo codes: discounts that customers redeem with a code."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from ..storage.rows import find, insert
from ..unit_of_work import UnitOfWork
from ..validation import invalid_field

__all__ = ["calculate_discount", "create_promo_code", "find_redeemable_code"]


def create_promo_code(uow: UnitOfWork, values: Mapping[str, Any]) -> sqlite3.Row:
    """Create a promo code.

    Args:
        uow: Unit of work.
        values: Values by column.

    Returns:
        The promo code.

    Raises:
        ApiError: The percentage is above 100, or the number of cycles does not fit the duration (422), the plan does
            not exist (404), or the code exists already (409).
    """
    if values["discount_type"] == "percentage" and values["discount_value"] > 100:
        raise invalid_field("discountValue", "expected percentage of at most 100")
    _check_duration(values["duration"], values.get("duration_cycles"))
    if "plan_id" in values:
        find(uow.db, "plans", values["plan_id"])
    if _find_by_code(uow.db, values["code"]):
        raise ApiError(409, "This code exists already.")
    identifier = uow.new_id("promo")
    insert(uow.db, "promo_codes", {"id": identifier, **values, "created_at": uow.at})
    return find(uow.db, "promo_codes", identifier)


def find_redeemable_code(uow: UnitOfWork, code: str, plan_id: str) -> sqlite3.Row:
    """Return the promo code that a customer entered, if it lowers the price of a plan now.

    Args:
        uow: Unit of work.
        code: Code as entered, without surrounding spaces.
        plan_id: Id of the plan.

    Raises:
        ApiError: The code does not exist (404), or it is inactive, expired, used up or for another plan (409).
    """
    promo_code = _find_by_code(uow.db, code)
    if promo_code is None:
        raise ApiError(404, "This promo code does not exist.")
    if not promo_code["active"]:
        raise ApiError(409, "This promo code is not active.")
    if promo_code["expires_at"] is not None and promo_code["expires_at"] <= uow.at:
        raise ApiError(409, "This promo code has expired.")
    limit = promo_code["max_redemptions"]
    if limit is not None and promo_code["redeemed_count"] >= limit:
        raise ApiError(409, "This promo code is used up.")
    if promo_code["plan_id"] not in {None, plan_id}:
        raise ApiError(409, "This promo code is for another plan.")
    return promo_code


def calculate_discount(promo_code: sqlite3.Row, price: int) -> int:
    """Return the discount on a price. Percentages are rounded half up to a minor unit.

    Args:
        promo_code: Promo code.
        price: Price of a period in minor units.

    Returns:
        Minor units, at most the price.
    """
    value: int = promo_code["discount_value"]
    if promo_code["discount_type"] == "fixed":
        return min(value, price)
    return (price * value + 50) // 100


def _find_by_code(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM promo_codes WHERE code = ?", (code,)).fetchone()
    return row


def _check_duration(duration: str, cycles: int | None) -> None:
    if duration == "repeating" and cycles is None:
        raise invalid_field("durationCycles", "required for a duration of repeating")
    if duration != "repeating" and cycles is not None:
        raise invalid_field("durationCycles", "expected a duration of repeating, or omit it")
