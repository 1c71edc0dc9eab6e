"""Card updates: a new card, and the charges that waited for it."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..billing.cards import replace_card
from ..billing.charges import list_attempts
from ..billing.due_items import unschedule
from ..storage.rows import find
from ..unit_of_work import UnitOfWork
from .charge_rules import remove_declines
from .decision_log import find_last_decision
from .engine import attempt_charge
from .failure_codes import CARD_CATEGORIES

__all__ = ["update_card"]

_OPEN_INVOICES: Final = """
    SELECT invoices.* FROM invoices JOIN subscriptions ON subscriptions.id = subscription_id
    WHERE invoices.customer_id = ? AND invoices.status = 'open' AND invoices.kind = 'period'
    AND subscriptions.status IN ('past_due', 'incomplete')
    ORDER BY invoices.created_at, invoices.id
"""


def update_card(uow: UnitOfWork, customer_id: str) -> None:
    """Replace the card of a customer, and charge the invoices that waited for it.

    These are the invoices with a request for a new card, and those of
    incomplete subscriptions.

    Args:
        uow: Unit of work.
        customer_id: Id of the customer.
    """
    replace_card(uow, customer_id)
    remove_declines(uow.db, customer_id, CARD_CATEGORIES)
    for invoice in uow.db.execute(_OPEN_INVOICES, (customer_id,)).fetchall():
        subscription = find(uow.db, "subscriptions", invoice["subscription_id"])
        attempt = _find_attempt(uow.db, subscription, invoice)
        if attempt is not None:
            unschedule(uow, kind="card_deadline", subject=invoice["id"])
            attempt_charge(uow, subscription, invoice, rail="card", attempt=attempt)


def _find_attempt(db: sqlite3.Connection, subscription: sqlite3.Row, invoice: sqlite3.Row) -> int | None:
    """Return the number of the attempt that follows a new card. Return ``None`` if the invoice does not wait for it."""
    if subscription["status"] == "incomplete":
        return len(list_attempts(db, invoice["id"])) + 1
    last = find_last_decision(db, invoice["id"])
    return last.attempt + 1 if last is not None and last.action == "request_card_update" else None
