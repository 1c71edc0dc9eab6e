"""Promo codes: discounts that customers redeem with a code."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from ..storage.rows import find, insert
from ..unit_of_work import UnitOfWork
from ..validation import invalid_field

__all__ = ["create_promo_code"]


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
    if uow.db.execute("SELECT 1 FROM promo_codes WHERE code = ?", (values["code"],)).fetchone():
        raise ApiError(409, "This code exists already.")
    identifier = uow.new_id("promo")
    insert(uow.db, "promo_codes", {"id": identifier, **values, "created_at": uow.at})
    return find(uow.db, "promo_codes", identifier)


def _check_duration(duration: str, cycles: int | None) -> None:
    if duration == "repeating" and cycles is None:
        raise invalid_field("durationCycles", "required for a duration of repeating")
    if duration != "repeating" and cycles is not None:
        raise invalid_field("durationCycles", "expected a duration of repeating, or omit it")
