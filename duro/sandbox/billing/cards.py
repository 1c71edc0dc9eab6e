"""Cards: saved when a customer pays with one, and shown to the person they belong to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..api.dispatch import Call
from ..storage.rows import insert

__all__ = ["cards_of", "save_card"]


def save_card(call: Call, customer: sqlite3.Row) -> None:
    """Keep a customer's card for the next time; in a sandbox, everybody has one, and it looks the same.

    Args:
        call: The call.
        customer: Whose card.
    """
    if cards_of(call, [customer]):
        return
    card = {
        "id": call.new_id("card"),
        "customer_id": customer["id"],
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": call.now.year + 3,
        "is_default": True,
        "created_at": call.at,
    }
    insert(call.db, "cards", card)


def cards_of(call: Call, customers: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
    """List the cards of all the customers that one person is.

    Args:
        call: The call.
        customers: The customers.

    Returns:
        The cards, customer by customer, newest first.
    """
    return [
        card
        for customer in customers
        for card in call.db.execute(
            "SELECT * FROM cards WHERE customer_id = ? ORDER BY created_at DESC, id DESC", (customer["id"],)
        )
    ]
