"""Cards of customers, saved at the first payment by card, and replaced after a failure."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from ..storage.rows import add, update
from ..unit_of_work import UnitOfWork

__all__ = ["find_card", "is_expired", "list_cards", "replace_card", "save_card"]


def save_card(uow: UnitOfWork, customer: sqlite3.Row) -> None:
    """Save a card at the first payment of a customer. In a sandbox all cards have the same number.

    Args:
        uow: Unit of work.
        customer: Owner of the card.
    """
    if find_card(uow.db, customer["id"]) is None:
        _add_card(uow, customer["id"], is_replacement=False)


def replace_card(uow: UnitOfWork, customer_id: str) -> sqlite3.Row:
    """Save a new default card of a customer, who may not have had one.

    Args:
        uow: Unit of work.
        customer_id: Owner of the card.

    Returns:
        The new card.
    """
    if (replaced := find_card(uow.db, customer_id)) is not None:
        update(uow.db, "cards", replaced["id"], {"is_default": False})
    return _add_card(uow, customer_id, is_replacement=True)


def find_card(db: sqlite3.Connection, customer_id: str) -> sqlite3.Row | None:
    """Return the default card of a customer, if there is one.

    Args:
        db: Open transaction.
        customer_id: Owner of the card.
    """
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM cards WHERE customer_id = ? AND is_default", (customer_id,)
    ).fetchone()
    return row


def is_expired(card: sqlite3.Row, now: datetime) -> bool:
    """Return whether a card has expired. A card is valid until the end of its last month.

    Args:
        card: Card.
        now: Current sandbox time.
    """
    expires: tuple[int, int] = card["exp_year"], card["exp_month"]
    return (now.year, now.month) > expires


def list_cards(db: sqlite3.Connection, customers: Iterable[sqlite3.Row]) -> list[sqlite3.Row]:
    """Return the cards of several customers, which may be one person.

    Args:
        db: Open transaction.
        customers: Owners of the cards.

    Returns:
        The cards in the order of their owners, newest first for each.
    """
    return [
        card
        for customer in customers
        for card in db.execute(
            "SELECT * FROM cards WHERE customer_id = ? ORDER BY created_at DESC, id DESC", (customer["id"],)
        )
    ]


def _add_card(uow: UnitOfWork, customer_id: str, *, is_replacement: bool) -> sqlite3.Row:
    card = {
        "id": uow.new_id("card"),
        "customer_id": customer_id,
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": uow.now.year + 3,
        "is_default": True,
        "is_replacement": is_replacement,
        "created_at": uow.at,
    }
    return add(uow.db, "cards", card)
