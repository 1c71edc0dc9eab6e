"""Charges: attempts to collect the amount of an invoice over a rail."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..storage.rows import insert
from ..unit_of_work import UnitOfWork
from .invoices import pay_invoice

__all__ = ["RAILS", "charge_invoice", "list_attempts"]

RAILS: Final = ("card", "transfer", "ussd", "virtual_account", "direct_debit")


def charge_invoice(
    uow: UnitOfWork, invoice: sqlite3.Row, rail: str = "card", idempotency_key: str | None = None
) -> None:
    """Charge an open invoice to its customer, and mark it as paid.

    The attempt is recorded as a transaction, which the ledger lists.

    Args:
        uow: Unit of work.
        invoice: Open invoice.
        rail: One of ``RAILS``.
        idempotency_key: Key of the charge. The default is the key of the request.
    """
    attempt = {
        "id": uow.new_id("txn"),
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "status": "succeeded",
        "amount": invoice["amount"],
        "rail": rail,
        "reference": uow.new_id("ref"),
        "idempotency_key": idempotency_key or uow.idempotency_key,
        "created_at": uow.at,
    }
    insert(uow.db, "transactions", attempt)
    pay_invoice(uow, invoice)


def list_attempts(db: sqlite3.Connection, invoice_id: str) -> list[sqlite3.Row]:
    """Return the attempts to charge an invoice, oldest first.

    Args:
        db: Open transaction.
        invoice_id: Id of the invoice.
    """
    return db.execute(
        "SELECT * FROM transactions WHERE invoice_id = ? ORDER BY created_at, id", (invoice_id,)
    ).fetchall()
