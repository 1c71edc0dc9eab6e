"""Discounts: promo codes that a subscription has redeemed, and the invoices that they lower."""

from __future__ import annotations

import sqlite3

from ..errors import ApiError
from ..storage.connection import cached, forget
from ..storage.rows import find, update
from ..unit_of_work import UnitOfWork
from .promo_codes import calculate_discount

__all__ = ["redeem_promo_code", "take_discount"]


def redeem_promo_code(uow: UnitOfWork, promo_code: sqlite3.Row, subscription_id: str) -> None:
    """Redeem a promo code for a subscription, whose next period invoices it lowers.

    A code of the duration ``once`` lowers one invoice, ``repeating`` as many as its ``durationCycles``, and
    ``forever`` all of them.

    Args:
        uow: Unit of work.
        promo_code: Promo code that can be redeemed.
        subscription_id: Id of the subscription.

    Raises:
        ApiError: The subscription has a discount already (409).
    """
    current = _find_discount(uow.db, subscription_id)
    if current is not None and current["cycles_left"] != 0:
        raise ApiError(409, "The subscription has a discount already.")
    cycles = {"once": 1, "repeating": promo_code["duration_cycles"], "forever": None}[promo_code["duration"]]
    uow.db.execute(
        "INSERT OR REPLACE INTO discounts (subscription_id, promo_code_id, cycles_left, created_at)"
        " VALUES (?, ?, ?, ?)",
        (subscription_id, promo_code["id"], cycles, uow.at),
    )
    forget(uow.db, _has_discounts)
    redeemed = find(uow.db, "promo_codes", promo_code["id"])["redeemed_count"]
    update(uow.db, "promo_codes", promo_code["id"], {"redeemed_count": redeemed + 1})


def take_discount(uow: UnitOfWork, subscription_id: str, price: int) -> int:
    """Return the discount on the invoice of a period, and count the invoice.

    Args:
        uow: Unit of work that issues the invoice.
        subscription_id: Id of the subscription.
        price: Price of the period in minor units.

    Returns:
        Minor units, 0 without a discount.
    """
    if not cached(uow.db, _has_discounts):
        return 0
    discount = _find_discount(uow.db, subscription_id)
    if discount is None or discount["cycles_left"] == 0:
        return 0
    # An unlimited discount has NULL, which stays NULL.
    uow.db.execute("UPDATE discounts SET cycles_left = cycles_left - 1 WHERE subscription_id = ?", (subscription_id,))
    return calculate_discount(find(uow.db, "promo_codes", discount["promo_code_id"]), price)


def _has_discounts(db: sqlite3.Connection) -> bool:
    """Return whether any subscription has ever had a discount."""
    return db.execute("SELECT 1 FROM discounts LIMIT 1").fetchone() is not None


def _find_discount(db: sqlite3.Connection, subscription_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM discounts WHERE subscription_id = ?", (subscription_id,)
    ).fetchone()
    return row
