"""Renewals: what happens to a subscription at the end of its period."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..clock import parse_timestamp
from ..errors import ApiError
from ..recovery.engine import handle_failure
from ..storage.rows import find, update
from ..unit_of_work import UnitOfWork
from .due_items import unschedule
from .period_charges import charge_period, period_values, renewal_key, schedule_period_end
from .plan_changes import apply_scheduled_plan
from .subscription_states import Action
from .subscriptions import cancel_subscription, change_status

__all__ = ["renew_subscription", "resume_subscription", "settle_period_end"]


def settle_period_end(uow: UnitOfWork, subscription_id: str) -> None:
    """Settle the end of a subscription's period. It is the handler of the due item ``period_end``.

    Args:
        uow: Unit of work. ``now`` is at or after the end of the period.
        subscription_id: Id of the subscription.
    """
    subscription = find(uow.db, "subscriptions", subscription_id)
    if subscription["status"] in {"active", "trialing"}:
        renew_subscription(uow, subscription)
    elif subscription["status"] == "paused" and subscription["cancel_at_period_end"]:
        cancel_subscription(uow, subscription)


def renew_subscription(uow: UnitOfWork, subscription: sqlite3.Row) -> sqlite3.Row:
    """Renew a subscription whose period has ended.

    The first rule that applies decides:

    - A subscription with ``cancel_at_period_end`` is canceled.
    - A subscription with ``max_cycles`` paid periods expires.
    - Otherwise a scheduled plan change applies, and the next period is invoiced
      and charged. The period moves only if the charge succeeds.

    The end of a trial is the first renewal. A period that ended earlier, because its payment was recovered late, is
    followed by a period that begins now.

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
    period_end = parse_timestamp(subscription["current_period_end"])
    if uow.now < period_end:
        raise ApiError(409, "The current period of the subscription has not ended.")
    if subscription["cancel_at_period_end"]:
        return cancel_subscription(uow, subscription)
    if subscription["max_cycles"] is not None and subscription["cycles_completed"] >= subscription["max_cycles"]:
        unschedule(uow, kind="period_end", subject=subscription["id"])
        return change_status(uow, subscription, Action.EXPIRE)
    subscription = apply_scheduled_plan(uow, subscription)
    if uow.now > period_end:
        subscription = update(uow.db, "subscriptions", subscription["id"], {"anchor": uow.at})
    return _charge_next_period(uow, subscription, uow.now)


def resume_subscription(uow: UnitOfWork, subscription: sqlite3.Row) -> sqlite3.Row:
    """Resume a paused subscription. If its period is over, a new one begins now and is charged now.

    Args:
        uow: Unit of work.
        subscription: Paused subscription.

    Returns:
        The updated subscription.

    Raises:
        ApiError: The subscription is not paused (409).
    """
    resumed = change_status(uow, subscription, Action.RESUME)
    if uow.now < parse_timestamp(resumed["current_period_end"]):
        return resumed
    return renew_subscription(uow, resumed)


def _charge_next_period(uow: UnitOfWork, subscription: sqlite3.Row, start: datetime) -> sqlite3.Row:
    charge = charge_period(uow, subscription, start, idempotency_key=renewal_key(subscription, start))
    if not charge.result.succeeded:
        unschedule(uow, kind="period_end", subject=subscription["id"])
        failed = change_status(uow, subscription, Action.FAIL_RENEWAL)
        handle_failure(uow, failed, charge.invoice, charge.result)
        return find(uow.db, "subscriptions", subscription["id"])
    values = period_values(subscription, charge.invoice)
    if subscription["status"] == "trialing":
        renewed = change_status(uow, subscription, Action.ACTIVATE, **values)
    else:
        renewed = update(uow.db, "subscriptions", subscription["id"], values)
    schedule_period_end(uow, renewed)
    return renewed
