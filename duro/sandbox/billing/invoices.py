"""Invoices: issue them, mark them as paid, and close those that will not be paid."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Literal

from attrs import frozen

from ..clock import timestamp
from ..storage.rows import add, find, update
from ..unit_of_work import UnitOfWork
from .event_data import invoice_event_data
from .recoveries import end_recovery

__all__ = ["InvoiceDraft", "close_invoice", "find_open_invoices", "issue_invoice", "pay_invoice"]


@frozen
class InvoiceDraft:
    """Contents of an invoice that is not yet issued.

    Attributes:
        customer_id: Customer to charge.
        amount: Minor units to charge.
        currency: Currency of the amount.
        period_start: Start of the period that the invoice covers.
        period_end: End of the period. For a one-off sale it equals the start.
        subscription_id: Subscription, or ``None`` for a one-off sale.
        kind: ``period``, ``upgrade`` or ``sale``. A subscription has one invoice of the kind ``period`` for a period.
        credit_used: Credit that lowered the amount, in minor units.
    """

    customer_id: str
    amount: int
    currency: str
    period_start: datetime
    period_end: datetime
    subscription_id: str | None = None
    kind: Literal["period", "upgrade", "sale"] = "sale"
    credit_used: int = 0


def issue_invoice(uow: UnitOfWork, draft: InvoiceDraft) -> sqlite3.Row:
    """Issue an open invoice. The credit that it uses is taken from the subscription.

    Args:
        uow: Unit of work.
        draft: Contents of the invoice.

    Returns:
        The invoice.
    """
    values = {
        "id": uow.new_id("inv"),
        "subscription_id": draft.subscription_id,
        "customer_id": draft.customer_id,
        "kind": draft.kind,
        "amount": draft.amount,
        "credit_used": draft.credit_used,
        "currency": draft.currency,
        "status": "open",
        "period_start": timestamp(draft.period_start),
        "period_end": timestamp(draft.period_end),
        "paid_at": None,
        "created_at": uow.at,
    }
    invoice = add(uow.db, "invoices", values)
    if draft.credit_used and draft.subscription_id is not None:
        _add_credit(uow.db, draft.subscription_id, -draft.credit_used)
    uow.emit("invoice_created", invoice_event_data(uow, invoice, draft.amount))
    return invoice


def pay_invoice(uow: UnitOfWork, invoice: sqlite3.Row) -> None:
    """Mark an invoice as paid. An invoice of a subscription emits ``subscription_payment_success``.

    Args:
        uow: Unit of work.
        invoice: Open invoice.
    """
    paid = update(uow.db, "invoices", invoice["id"], {"status": "paid", "paid_at": uow.at})
    if paid["subscription_id"]:
        uow.emit("subscription_payment_success", invoice_event_data(uow, paid, paid["amount"]))


def close_invoice(uow: UnitOfWork, invoice: sqlite3.Row, status: Literal["uncollectible", "void"]) -> sqlite3.Row:
    """Close an open invoice that will not be paid. The credit that it used returns to the subscription.

    Args:
        uow: Unit of work.
        invoice: Open invoice.
        status: ``uncollectible`` after the last attempt, ``void`` if nothing is owed any more.

    Returns:
        The closed invoice.
    """
    if invoice["credit_used"]:
        _add_credit(uow.db, invoice["subscription_id"], invoice["credit_used"])
    end_recovery(uow, invoice["id"], "lost")
    return update(uow.db, "invoices", invoice["id"], {"status": status})


def find_open_invoices(db: sqlite3.Connection, subscription_id: str) -> list[sqlite3.Row]:
    """Return the open invoices of a subscription, oldest first.

    Args:
        db: Open transaction.
        subscription_id: Id of the subscription.
    """
    return db.execute(
        "SELECT * FROM invoices WHERE subscription_id = ? AND status = 'open' ORDER BY created_at, rowid",
        (subscription_id,),
    ).fetchall()


def _add_credit(db: sqlite3.Connection, subscription_id: str, amount: int) -> None:
    credit = find(db, "subscriptions", subscription_id)["credit"]
    update(db, "subscriptions", subscription_id, {"credit": credit + amount})
