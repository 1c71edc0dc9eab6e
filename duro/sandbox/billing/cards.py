"""Cards of customers, saved at the first payment by card."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ..storage.rows import insert
from ..unit_of_work import UnitOfWork

__all__ = ["list_cards", "save_card"]


def save_card(uow: UnitOfWork, customer: sqlite3.Row) -> None:
    """Save a card at the first payment of a customer. In a sandbox all cards have the same number.

    Args:
        uow: Unit of work.
        customer: Owner of the card.
    """
    if list_cards(uow.db, [customer]):
        return
    card = {
        "id": uow.new_id("card"),
        "customer_id": customer["id"],
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": uow.now.year + 3,
        "is_default": True,
        "created_at": uow.at,
    }
    insert(uow.db, "cards", card)


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
