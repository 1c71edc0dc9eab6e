"""Plan changes: an upgrade within a period is charged now, a downgrade leaves a credit for later invoices."""

from __future__ import annotations

import sqlite3
from typing import Final

from attrs import frozen

from ..clock import parse_timestamp
from ..errors import ApiError
from ..storage.rows import find, update
from ..unit_of_work import UnitOfWork
from ..validation import MAX_INTEGER
from .charges import charge_invoice
from .event_data import subscription_event_data
from .invoices import InvoiceDraft, close_invoice, issue_invoice
from .periods import is_billing_day
from .plans import check_plan_available
from .proration import Period, Price, ProrationResult, prorate, round_half_up
from .subscription_states import check_plan_change
from .subscriptions import terms_of

__all__ = ["PlanChangeOutcome", "apply_scheduled_plan", "change_plan", "schedule_plan_change"]

_NO_PRORATION: Final = ProrationResult(0, "none")


@frozen
class PlanChangeOutcome:
    """Result of a plan change.

    Attributes:
        subscription: Subscription after the change, or unchanged after a failure.
        proration: Price difference.
        failure: Error of a charge that failed. It is returned and not raised, because raising it would roll back
            the failed attempt, which stays in the ledger.
    """

    subscription: sqlite3.Row
    proration: ProrationResult
    failure: ApiError | None = None


def change_plan(uow: UnitOfWork, subscription: sqlite3.Row, plan: sqlite3.Row) -> PlanChangeOutcome:
    """Change the plan of a subscription now. The current period stays the same, and a scheduled change is removed.

    Args:
        uow: Unit of work.
        subscription: Active or trialing subscription.
        plan: New plan.

    Raises:
        ApiError: The subscription does not renew, the new plan is archived or has another currency, or the
            difference is too large (409).
    """
    _check_change(subscription, plan)
    if _has_terms(subscription, plan):
        return PlanChangeOutcome(_schedule(uow, subscription, None), _NO_PRORATION)
    if subscription["status"] == "trialing":
        # A trial was not paid, so that nothing remains of it that could be set off.
        return PlanChangeOutcome(_apply(uow, subscription, plan, _NO_PRORATION, {}), _NO_PRORATION)
    period, price = _period_of(subscription), _price_of(plan)
    proration = prorate(subscription["period_amount"], price, period, uow.now)
    period_amount = round_half_up(period.price_of(price))
    if max(proration.amount, period_amount) > MAX_INTEGER:
        raise ApiError(409, "The difference between the plans exceeds the largest amount.")
    if proration.kind == "charge" and (failure := _charge_upgrade(uow, subscription, proration.amount)):
        return PlanChangeOutcome(subscription, proration, failure)
    values: dict[str, object] = {"period_amount": period_amount}
    if proration.kind == "credit":
        values["credit"] = subscription["credit"] + proration.amount
    return PlanChangeOutcome(_apply(uow, subscription, plan, proration, values), proration)


def schedule_plan_change(uow: UnitOfWork, subscription: sqlite3.Row, plan: sqlite3.Row | None) -> sqlite3.Row:
    """Change the plan of a subscription at the end of its period. A later call replaces the plan.

    Args:
        uow: Unit of work.
        subscription: Active or trialing subscription. Any subscription, if the plan is ``None``.
        plan: New plan. ``None``, or the plan that the subscription has, removes the scheduled change.

    Returns:
        The updated subscription.

    Raises:
        ApiError: The subscription does not renew, or the new plan is archived or has another currency (409).
    """
    if plan is None:
        return _schedule(uow, subscription, None)
    _check_change(subscription, plan)
    return _schedule(uow, subscription, None if _has_terms(subscription, plan) else plan["id"])


def apply_scheduled_plan(uow: UnitOfWork, subscription: sqlite3.Row) -> sqlite3.Row:
    """Apply the plan change that was scheduled for the end of the period, if there is one.

    Args:
        uow: Unit of work of the renewal.
        subscription: Subscription whose period has ended.

    Returns:
        The subscription with the terms of the next period.
    """
    if subscription["scheduled_plan_id"] is None:
        return subscription
    plan = find(uow.db, "plans", subscription["scheduled_plan_id"])
    return _apply(uow, subscription, plan, _NO_PRORATION, {})


def _check_change(subscription: sqlite3.Row, plan: sqlite3.Row) -> None:
    check_plan_change(subscription["status"])
    check_plan_available(plan)
    if plan["currency"] != subscription["currency"]:
        raise ApiError(409, "The plans have different currencies.")


def _has_terms(subscription: sqlite3.Row, plan: sqlite3.Row) -> bool:
    """Return whether a subscription has a plan already, with the present terms of the plan."""
    return all(subscription[name] == value for name, value in terms_of(plan).items())


def _schedule(uow: UnitOfWork, subscription: sqlite3.Row, plan_id: str | None) -> sqlite3.Row:
    if subscription["scheduled_plan_id"] == plan_id:
        return subscription
    return update(uow.db, "subscriptions", subscription["id"], {"scheduled_plan_id": plan_id})


def _apply(
    uow: UnitOfWork,
    subscription: sqlite3.Row,
    plan: sqlite3.Row,
    proration: ProrationResult,
    values: dict[str, object],
) -> sqlite3.Row:
    values |= terms_of(plan) | {"scheduled_plan_id": None}
    if _needs_anchor(subscription, plan):
        values["anchor"] = subscription["current_period_end"]
    changed = update(uow.db, "subscriptions", subscription["id"], values)
    event_data = subscription_event_data(uow, changed)
    event_data["previousPlanId"] = subscription["plan_id"]
    event_data["proration"] = {"amount": proration.amount, "kind": proration.kind}
    uow.emit("subscription_plan_changed", event_data)
    return changed


def _needs_anchor(subscription: sqlite3.Row, plan: sqlite3.Row) -> bool:
    """Return whether the end of the period becomes the billing day, because periods of weeks end on any day."""
    if all(plan[column] == subscription[column] for column in ("interval", "interval_count")):
        return False
    return not is_billing_day(
        parse_timestamp(subscription["current_period_end"]), parse_timestamp(subscription["anchor"])
    )


def _charge_upgrade(uow: UnitOfWork, subscription: sqlite3.Row, amount: int) -> ApiError | None:
    credit_used = min(subscription["credit"], amount)
    draft = InvoiceDraft(
        customer_id=subscription["customer_id"],
        amount=amount - credit_used,
        currency=subscription["currency"],
        period_start=uow.now,
        period_end=parse_timestamp(subscription["current_period_end"]),
        subscription_id=subscription["id"],
        kind="upgrade",
        credit_used=credit_used,
    )
    invoice = issue_invoice(uow, draft)
    result = charge_invoice(uow, invoice)
    if result.succeeded:
        return None
    close_invoice(uow, invoice, "void")
    return ApiError(409, f"The upgrade could not be charged ({result.category}); the plan stays the same.")


def _period_of(subscription: sqlite3.Row) -> Period:
    columns = ("current_period_start", "current_period_end", "anchor")
    return Period(*(parse_timestamp(subscription[column]) for column in columns))


def _price_of(plan: sqlite3.Row) -> Price:
    return Price(plan["amount"], plan["interval"], plan["interval_count"])
