"""Subscriptions: start, cancel, pause, and change the status."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from ..clock import parse_timestamp, timestamp
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork
from .customers import check_not_blacklisted
from .discounts import redeem_promo_code
from .due_items import unschedule_all
from .event_data import subscription_event_data
from .invoices import close_invoice, find_open_invoices
from .period_charges import charge_period, period_values, schedule_period_end
from .plans import check_plan_available
from .subscription_states import Action, check_cancel_at_period_end, event_type, next_status

__all__ = [
    "cancel_subscription",
    "change_status",
    "check_can_subscribe",
    "list_account_subscriptions",
    "list_subscriptions",
    "pause_subscription",
    "start_subscription",
    "terms_of",
]


def check_can_subscribe(customer: sqlite3.Row, plan: sqlite3.Row) -> None:
    """Check that a customer can subscribe to a plan now.

    Args:
        customer: Customer to charge.
        plan: Plan to subscribe to.

    Raises:
        ApiError: The customer is blacklisted (403), or the plan is archived (409).
    """
    check_not_blacklisted(customer)
    check_plan_available(plan)


def start_subscription(
    uow: UnitOfWork,
    customer: sqlite3.Row,
    plan: sqlite3.Row,
    rail: str = "card",
    *,
    amount: int | None = None,
    promo_code: sqlite3.Row | None = None,
    metadata: Mapping[str, object] | None = None,
) -> sqlite3.Row:
    """Start a subscription with its trial, or charge the first period if the plan does not have a trial.

    Call ``check_can_subscribe`` at the time of the order. A payment that settles later starts the subscription then,
    also if the plan was archived between the two.

    Args:
        uow: Unit of work.
        customer: Customer to charge.
        plan: Plan to subscribe to.
        rail: Rail of the first charge.
        amount: Price of a period in minor units. The default is that of the plan.
        promo_code: Promo code that lowers the first invoices.
        metadata: JSON object that the events of the subscription contain.

    Returns:
        The subscription, trialing or active. It is incomplete if the charge failed.
    """
    identifier = uow.new_id("sub")
    anchor = uow.now + timedelta(days=plan["trial_days"])
    values = {
        "id": identifier,
        "customer_id": customer["id"],
        "status": "incomplete",
        "anchor": timestamp(anchor),
        "metadata": json.dumps(metadata) if metadata else None,
        "created_at": uow.at,
        **terms_of(plan),
    }
    if amount is not None:
        values["amount"] = amount
    insert(uow.db, "subscriptions", values)
    if promo_code is not None:
        redeem_promo_code(uow, promo_code, identifier)
    subscription = find(uow.db, "subscriptions", identifier)
    if plan["trial_days"]:
        return _start_trial(uow, subscription, anchor)
    return _charge_first_period(uow, subscription, rail)


def terms_of(plan: sqlite3.Row) -> dict[str, object]:
    """Return the columns of a subscription that it takes from a plan, and keeps when the plan is updated.

    Args:
        plan: Plan that is bought.
    """
    terms: dict[str, object] = {"plan_id": plan["id"]}
    return terms | {name: plan[name] for name in ("amount", "currency", "interval", "interval_count", "max_cycles")}


def cancel_subscription(uow: UnitOfWork, subscription: sqlite3.Row, *, at_period_end: bool = False) -> sqlite3.Row:
    """Cancel a subscription now, or at the end of its current period.

    A cancellation voids the open invoices and removes the due items. One at the period end sets a flag, and emits
    ``subscription_updated``. A paused subscription whose period is over is canceled now.

    Args:
        uow: Unit of work.
        subscription: Subscription to cancel.
        at_period_end: Whether the current period is still served.

    Returns:
        The updated subscription.

    Raises:
        ApiError: The state machine does not allow it (409).
    """
    if at_period_end:
        check_cancel_at_period_end(subscription["status"])
        if uow.now < parse_timestamp(subscription["current_period_end"]):
            return _set_cancel_flag(uow, subscription)
    canceled = change_status(uow, subscription, Action.CANCEL)
    for invoice in find_open_invoices(uow.db, subscription["id"]):
        close_invoice(uow, invoice, "void")
        unschedule_all(uow, invoice["id"])
    unschedule_all(uow, subscription["id"])
    return canceled


def pause_subscription(uow: UnitOfWork, subscription: sqlite3.Row) -> sqlite3.Row:
    """Pause a subscription. Of its due items, only the end of the period remains.

    Args:
        uow: Unit of work.
        subscription: Active subscription.

    Returns:
        The updated subscription.

    Raises:
        ApiError: The subscription is not active (409).
    """
    paused = change_status(uow, subscription, Action.PAUSE)
    unschedule_all(uow, subscription["id"])
    schedule_period_end(uow, paused)
    return paused


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
    uow.emit(event_type(action), subscription_event_data(uow, changed))
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
    """Return the subscriptions of the customers with an e-mail address that have begun, newest first.

    Args:
        db: Open transaction.
        email: E-mail address of the portal account.
    """
    return db.execute(
        "SELECT subscriptions.* FROM subscriptions JOIN customers ON customers.id = customer_id"
        " WHERE email = ? AND current_period_end IS NOT NULL"
        " ORDER BY subscriptions.created_at DESC, subscriptions.id DESC",
        (email,),
    ).fetchall()


def _start_trial(uow: UnitOfWork, subscription: sqlite3.Row, end: datetime) -> sqlite3.Row:
    period = {"current_period_start": uow.at, "current_period_end": timestamp(end)}
    started = change_status(uow, subscription, Action.START_TRIAL, **period)
    schedule_period_end(uow, started)
    return started


def _charge_first_period(uow: UnitOfWork, subscription: sqlite3.Row, rail: str) -> sqlite3.Row:
    uow.emit("subscription_created", subscription_event_data(uow, subscription))
    charge = charge_period(uow, subscription, uow.now, rail=rail)
    if not charge.result.succeeded:
        # Not recovered by attempts: a later payment activates the subscription.
        return subscription
    started = change_status(uow, subscription, Action.ACTIVATE, **period_values(subscription, charge.invoice))
    schedule_period_end(uow, started)
    return started


def _set_cancel_flag(uow: UnitOfWork, subscription: sqlite3.Row) -> sqlite3.Row:
    if subscription["cancel_at_period_end"]:
        return subscription
    flagged = update(uow.db, "subscriptions", subscription["id"], {"cancel_at_period_end": True})
    uow.emit("subscription_updated", subscription_event_data(uow, flagged))
    return flagged
