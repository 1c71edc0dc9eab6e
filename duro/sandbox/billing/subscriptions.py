"""Subscriptions: start, cancel, and change the status."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from ..clock import timestamp
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork
from .charges import charge_invoice
from .customers import check_not_blacklisted
from .event_data import subscription_event_data
from .invoices import InvoiceDraft, issue_invoice
from .periods import add_intervals
from .plans import check_plan_available
from .subscription_states import Action, event_type, next_status

__all__ = [
    "cancel_subscription",
    "change_status",
    "list_account_subscriptions",
    "list_subscriptions",
    "start_subscription",
]


def start_subscription(uow: UnitOfWork, customer: sqlite3.Row, plan: sqlite3.Row, rail: str = "card") -> sqlite3.Row:
    """Start a subscription with its trial, or charge the first period if the plan does not have a trial.

    Args:
        uow: Unit of work.
        customer: Customer to charge.
        plan: Plan to subscribe to.
        rail: Rail of the first charge.

    Returns:
        The subscription, trialing or active.

    Raises:
        ApiError: The customer is blacklisted (403), or the plan is archived (409).
    """
    check_not_blacklisted(customer)
    check_plan_available(plan)
    identifier = uow.new_id("sub")
    anchor = uow.now + timedelta(days=plan["trial_days"])
    values = {
        "id": identifier,
        "customer_id": customer["id"],
        "plan_id": plan["id"],
        "status": "incomplete",
        "amount": plan["amount"],
        "interval": plan["interval"],
        "interval_count": plan["interval_count"],
        "anchor": timestamp(anchor),
        "created_at": uow.at,
    }
    insert(uow.db, "subscriptions", values)
    subscription = find(uow.db, "subscriptions", identifier)
    if plan["trial_days"]:
        return _start_trial(uow, subscription, anchor)
    return _activate(uow, subscription, plan, rail)


def cancel_subscription(uow: UnitOfWork, subscription: sqlite3.Row, *, at_period_end: bool = False) -> sqlite3.Row:
    """Cancel a subscription now, or at the end of its current period.

    Args:
        uow: Unit of work.
        subscription: Subscription to cancel.
        at_period_end: Whether the current period is still served.

    Returns:
        The updated subscription.

    Raises:
        ApiError: The state machine does not allow it (409).
    """
    if not at_period_end:
        return change_status(uow, subscription, Action.CANCEL)
    next_status(Action.CANCEL, subscription["status"])
    return update(uow.db, "subscriptions", subscription["id"], {"cancel_at_period_end": True})


def change_status(uow: UnitOfWork, subscription: sqlite3.Row, action: Action, **values: object) -> sqlite3.Row:
    """Apply an action. All changes of a status pass through this function, which emits the action's event.

    Args:
        uow: Unit of work.
        subscription: Subscription before the change.
        action: Action to apply.
        **values: Other columns that change with the status.

    Returns:
        The updated subscription.

    Raises:
        ApiError: The state machine does not allow the action (409).
    """
    status = next_status(action, subscription["status"])
    changed = update(uow.db, "subscriptions", subscription["id"], {"status": status, **values})
    uow.emit(event_type(action), subscription_event_data(uow.db, changed))
    return changed


def list_subscriptions(db: sqlite3.Connection, customer_id: str) -> list[sqlite3.Row]:
    """Return all subscriptions of a customer, newest first.

    Args:
        db: Open transaction.
        customer_id: Id of the customer.
    """
    return db.execute(
        "SELECT * FROM subscriptions WHERE customer_id = ? ORDER BY created_at DESC, id DESC", (customer_id,)
    ).fetchall()


def list_account_subscriptions(db: sqlite3.Connection, email: str) -> list[sqlite3.Row]:
    """Return all subscriptions of the customers with an e-mail address, newest first.

    Args:
        db: Open transaction.
        email: E-mail address of the portal account.
    """
    return db.execute(
        "SELECT subscriptions.* FROM subscriptions JOIN customers ON customers.id = customer_id"
        " WHERE email = ? ORDER BY subscriptions.created_at DESC, subscriptions.id DESC",
        (email,),
    ).fetchall()


def _start_trial(uow: UnitOfWork, subscription: sqlite3.Row, end: datetime) -> sqlite3.Row:
    return change_status(
        uow,
        subscription,
        Action.START_TRIAL,
        current_period_start=uow.at,
        current_period_end=timestamp(end),
    )


def _activate(uow: UnitOfWork, subscription: sqlite3.Row, plan: sqlite3.Row, rail: str) -> sqlite3.Row:
    end = add_intervals(uow.now, plan["interval"], plan["interval_count"])
    draft = InvoiceDraft(
        subscription["customer_id"], plan["amount"], plan["currency"], uow.now, end, subscription["id"]
    )
    charge_invoice(uow, issue_invoice(uow, draft), rail)
    return change_status(
        uow,
        subscription,
        Action.ACTIVATE,
        current_period_start=uow.at,
        current_period_end=timestamp(end),
        cycles_completed=subscription["cycles_completed"] + 1,
    )
