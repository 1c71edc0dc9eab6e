"""Charges: attempts to collect the amount of an invoice over a rail."""

from __future__ import annotations

import sqlite3
from typing import Final

from attrs import frozen

from ..recovery import failure_simulation
from ..recovery.failure_codes import FailureCategory, failure_code
from ..storage.rows import find, insert
from ..unit_of_work import UnitOfWork
from .event_data import invoice_event_data
from .invoices import pay_invoice

__all__ = ["RAILS", "ChargeResult", "charge_invoice", "list_attempts"]

RAILS: Final = ("card", "transfer", "ussd", "virtual_account", "direct_debit")


@frozen
class ChargeResult:
    """Result of an attempt to charge an invoice.

    Attributes:
        succeeded: Whether the invoice is paid.
        failure_code: Code of the failure, such as ``51``.
        category: Category of the failure, such as ``insufficient_funds``.
    """

    succeeded: bool
    failure_code: str | None = None
    category: FailureCategory | None = None


_SUCCESS: Final = ChargeResult(True)


def charge_invoice(
    uow: UnitOfWork,
    invoice: sqlite3.Row,
    *,
    rail: str = "card",
    attempt: int = 1,
    idempotency_key: str | None = None,
) -> ChargeResult:
    """Charge an open invoice to its customer. A success marks it as paid.

    The attempt is recorded as a transaction, which the ledger lists. An invoice
    of 0 is paid without an attempt. The charge of a blacklisted customer fails
    without an attempt on any rail.

    Args:
        uow: Unit of work.
        invoice: Open invoice.
        rail: One of ``RAILS``.
        attempt: Number of the attempt to charge the invoice, from 1.
        idempotency_key: Key of the charge. The default is the key of the request.
    """
    if not invoice["amount"]:
        pay_invoice(uow, invoice)
        return _SUCCESS
    if find(uow.db, "customers", invoice["customer_id"])["blacklisted"]:
        return _fail(uow, invoice, "hard_decline")
    category = failure_simulation.choose_outcome(uow, invoice, rail=rail, attempt=attempt)
    transaction = {
        "id": uow.new_id("txn"),
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "attempt": attempt,
        "status": "succeeded" if category is None else "failed",
        "amount": invoice["amount"],
        "rail": rail,
        "failure_code": None if category is None else failure_code(category),
        "reference": uow.new_id("ref"),
        "idempotency_key": idempotency_key or uow.idempotency_key,
        "created_at": uow.at,
    }
    insert(uow.db, "transactions", transaction)
    if category is not None:
        return _fail(uow, invoice, category)
    pay_invoice(uow, invoice)
    return _SUCCESS


def list_attempts(db: sqlite3.Connection, invoice_id: str) -> list[sqlite3.Row]:
    """Return the attempts to charge an invoice, oldest first.

    Args:
        db: Open transaction.
        invoice_id: Id of the invoice.
    """
    return db.execute(
        "SELECT * FROM transactions WHERE invoice_id = ? ORDER BY created_at, rowid", (invoice_id,)
    ).fetchall()


def _fail(uow: UnitOfWork, invoice: sqlite3.Row, category: FailureCategory) -> ChargeResult:
    if invoice["subscription_id"]:
        uow.emit("subscription_payment_failed", invoice_event_data(uow, invoice, invoice["amount"]))
    return ChargeResult(False, failure_code(category), category)
