"""Invoices: issue them and mark them as paid."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from attrs import frozen

from ..clock import timestamp
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork
from .event_data import invoice_event_data

__all__ = ["InvoiceDraft", "issue_invoice", "pay_invoice"]


@frozen
class InvoiceDraft:
    """Contents of an invoice that is not yet issued.

    Attributes:
        customer_id: Customer to charge.
        amount: Minor units.
        currency: Currency of the amount.
        period_start: Start of the period that the invoice covers.
        period_end: End of the period. For a one-off sale it equals the start.
        subscription_id: Subscription, or ``None`` for a one-off sale.
    """

    customer_id: str
    amount: int
    currency: str
    period_start: datetime
    period_end: datetime
    subscription_id: str | None = None


def issue_invoice(uow: UnitOfWork, draft: InvoiceDraft) -> sqlite3.Row:
    """Issue an open invoice.

    Args:
        uow: Unit of work.
        draft: Contents of the invoice.

    Returns:
        The invoice.
    """
    identifier = uow.new_id("inv")
    values = {
        "id": identifier,
        "subscription_id": draft.subscription_id,
        "customer_id": draft.customer_id,
        "amount": draft.amount,
        "currency": draft.currency,
        "status": "open",
        "period_start": timestamp(draft.period_start),
        "period_end": timestamp(draft.period_end),
        "created_at": uow.at,
    }
    insert(uow.db, "invoices", values)
    invoice = find(uow.db, "invoices", identifier)
    uow.emit("invoice_created", invoice_event_data(uow.db, invoice, draft.amount))
    return invoice


def pay_invoice(uow: UnitOfWork, invoice: sqlite3.Row) -> None:
    """Mark an invoice as paid. An invoice of a subscription emits ``subscription_payment_success``.

    Args:
        uow: Unit of work.
        invoice: Open invoice.
    """
    paid = update(uow.db, "invoices", invoice["id"], {"status": "paid", "paid_at": uow.at})
    if paid["subscription_id"]:
        uow.emit("subscription_payment_success", invoice_event_data(uow.db, paid, paid["amount"]))
