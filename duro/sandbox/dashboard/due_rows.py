"""Due items as the overview lists them, with the customers whose subscriptions they change."""

from __future__ import annotations

import sqlite3
from typing import Final

from attrs import frozen

from ..billing.due_items import DueItem, list_next
from ..clock import timestamp

__all__ = ["DueRow", "list_due_rows"]

# The subject of an item is a subscription or an invoice of one. Others have no row.
_SUBSCRIPTION: Final = """
    SELECT subscriptions.id, coalesce(name, email, phone, customers.id)
    FROM subscriptions CROSS JOIN customers ON customers.id = subscriptions.customer_id
    WHERE subscriptions.id = coalesce((SELECT subscription_id FROM invoices WHERE id = ?), ?)
"""


@frozen
class DueRow:
    """Due item of the list.

    Attributes:
        at: Time at which it is due, in the API's format.
        kind: Kind of work.
        subject: Id of the object.
        subscription_id: Id of the subscription that it changes, if any.
        customer: Name of the customer of the subscription, if any.
    """

    at: str
    kind: str
    subject: str
    subscription_id: str | None
    customer: str | None


def list_due_rows(db: sqlite3.Connection, limit: int) -> tuple[DueRow, ...]:
    """Return the items that are due first, in their order.

    Args:
        db: Open transaction.
        limit: Maximum number of items.
    """
    return tuple(_build_row(db, item) for item in list_next(db, limit))


def _build_row(db: sqlite3.Connection, item: DueItem) -> DueRow:
    row = db.execute(_SUBSCRIPTION, (item.subject, item.subject)).fetchone()
    subscription_id, customer = row or (None, None)
    return DueRow(timestamp(item.at), item.kind, item.subject, subscription_id, customer)
