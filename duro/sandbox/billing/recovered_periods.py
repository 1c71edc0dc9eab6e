"""Periods that a later attempt has paid."""

from __future__ import annotations

import sqlite3

from ..storage.rows import find
from ..unit_of_work import UnitOfWork
from .event_data import invoice_event_data
from .period_charges import period_values, schedule_period_end
from .subscription_states import Action
from .subscriptions import change_status

__all__ = ["settle_recovered"]


def settle_recovered(uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row) -> sqlite3.Row:
    """Move a subscription to the period of an invoice that a later attempt has paid.

    It emits ``subscription_payment_recovered`` and ``subscription_recovered``, or ``subscription_activated`` for the
    first invoice of a subscription. If the period is already over, the next one begins now.

    Args:
        uow: Unit of work of the charge.
        subscription: Subscription that is past due or incomplete.
        invoice: Invoice, paid in this unit of work.

    Returns:
        The active subscription.
    """
    values = period_values(subscription, invoice)
    if subscription["status"] == "incomplete":
        recovered = change_status(uow, subscription, Action.ACTIVATE, **values)
    else:
        paid = find(uow.db, "invoices", invoice["id"])
        uow.emit("subscription_payment_recovered", invoice_event_data(uow, paid, paid["amount"]))
        recovered = change_status(uow, subscription, Action.RECOVER, **values)
    schedule_period_end(uow, recovered)
    return recovered
