"""Renewals: what happens to a subscription at the end of its period."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..clock import timestamp
from ..errors import ApiError
from ..storage.rows import find, update
from ..unit_of_work import UnitOfWork
from .charges import charge_invoice
from .event_data import invoice_event_data
from .invoices import InvoiceDraft, issue_invoice, pay_invoice
from .periods import next_period_end
from .subscription_states import Action
from .subscriptions import change_status

__all__ = ["renew_subscription"]


def renew_subscription(uow: UnitOfWork, subscription: sqlite3.Row) -> sqlite3.Row:
    """Settle the end of a subscription's period.

    The first rule that applies decides:

    - A subscription with ``cancel_at_period_end`` is canceled.
    - A subscription with ``max_cycles`` paid periods expires.
    - Otherwise the next period is invoiced and charged. The credit of earlier
      plan changes lowers the invoice. The period moves only if the charge
      succeeds.

    The end of a trial is the first renewal.

    Args:
        uow: Unit of work. ``now`` is at or after the end of the period.
        subscription: Active or trialing subscription.

    Returns:
        The updated subscription: canceled, expired, past due or active.

    Raises:
        ApiError: The subscription does not renew, or its period has not ended (409).
    """
    if subscription["status"] not in {"active", "trialing"}:
        raise ApiError(409, f"A subscription that is {subscription['status']} cannot be renewed.")
    start = datetime.fromisoformat(subscription["current_period_end"])
    if uow.now < start:
        raise ApiError(409, "The current period of the subscription has not ended.")
    if subscription["cancel_at_period_end"]:
        return change_status(uow, subscription, Action.CANCEL)
    plan = find(uow.db, "plans", subscription["plan_id"])
    if plan["max_cycles"] is not None and subscription["cycles_completed"] >= plan["max_cycles"]:
        return change_status(uow, subscription, Action.EXPIRE)
    return _charge_next_period(uow, subscription, plan["currency"], start)


def _charge_next_period(uow: UnitOfWork, subscription: sqlite3.Row, currency: str, start: datetime) -> sqlite3.Row:
    anchor = datetime.fromisoformat(subscription["anchor"])
    end = next_period_end(start, anchor, subscription["interval"], subscription["interval_count"])
    used_credit = min(subscription["credit"], subscription["amount"])
    amount = subscription["amount"] - used_credit
    invoice = issue_invoice(
        uow, InvoiceDraft(subscription["customer_id"], amount, currency, start, end, subscription["id"])
    )
    credit = subscription["credit"] - used_credit
    if find(uow.db, "customers", subscription["customer_id"])["blacklisted"]:
        # A blacklisted customer is not charged over any rail, so that the ledger does not get an attempt.
        uow.emit("subscription_payment_failed", invoice_event_data(uow.db, invoice, amount))
        return change_status(uow, subscription, Action.FAIL_RENEWAL, credit=credit)
    if amount:
        charge_invoice(uow, invoice, idempotency_key=f"renewal_{subscription['id']}_{timestamp(start)}")
    else:
        pay_invoice(uow, invoice)
    values = {
        "credit": credit,
        "current_period_start": timestamp(start),
        "current_period_end": timestamp(end),
        "cycles_completed": subscription["cycles_completed"] + 1,
    }
    if subscription["status"] == "trialing":
        return change_status(uow, subscription, Action.ACTIVATE, **values)
    return update(uow.db, "subscriptions", subscription["id"], values)
