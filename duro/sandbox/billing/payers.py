"""Payers: the customers of invoices and subscriptions, read once in a unit of work."""

from __future__ import annotations

import sqlite3

from ..unit_of_work import UnitOfWork

__all__ = ["find_payer"]


def find_payer(uow: UnitOfWork, customer_id: str, subscription_id: str | None) -> sqlite3.Row:
    """Return a customer. The column ``metadata`` is that of the subscription.

    A renewal needs both for its charge and for each of its events.

    Args:
        uow: Unit of work, which keeps the row.
        customer_id: Id of the customer.
        subscription_id: Id of the subscription. ``None`` for a one-off sale.
    """
    key = customer_id, subscription_id
    payer = uow.payers.get(key)
    if payer is None:
        payer = uow.payers[key] = uow.db.execute(
            "SELECT customers.*, metadata FROM customers LEFT JOIN subscriptions ON subscriptions.id = ?"
            " WHERE customers.id = ?",
            (subscription_id, customer_id),
        ).fetchone()
    return payer
