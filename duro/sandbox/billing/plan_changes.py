"""Plan changes within a period: an upgrade is charged now, a downgrade leaves a credit for the next renewal."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..errors import ApiError
from ..storage.rows import find, update
from ..unit_of_work import UnitOfWork
from ..validation import MAX_INTEGER
from .charges import charge_invoice
from .event_data import subscription_event_data
from .invoices import InvoiceDraft, issue_invoice
from .plans import check_plan_available
from .proration import Price, ProrationResult, prorate

__all__ = ["change_plan"]


def change_plan(uow: UnitOfWork, subscription: sqlite3.Row, plan: sqlite3.Row) -> tuple[sqlite3.Row, ProrationResult]:
    """Change the plan of a subscription. The current period stays the same.

    Args:
        uow: Unit of work.
        subscription: Active or trialing subscription.
        plan: New plan.

    Returns:
        The updated subscription and the price difference.

    Raises:
        ApiError: The subscription does not renew, the new plan is archived or has another currency, or the
            difference is too large (409).
    """
    present = find(uow.db, "plans", subscription["plan_id"])
    _check_change(subscription, present, plan)
    proration = _prorate(uow, subscription, present, plan)
    values = {
        "plan_id": plan["id"],
        "amount": plan["amount"],
        "interval": plan["interval"],
        "interval_count": plan["interval_count"],
    }
    if any(plan[column] != subscription[column] for column in ("interval", "interval_count")):
        # The new interval begins at the next renewal, so that its day becomes the billing day.
        values["anchor"] = subscription["current_period_end"]
    if proration.kind == "charge":
        _charge(uow, subscription, proration.amount, plan["currency"])
    elif proration.kind == "credit":
        values["credit"] = subscription["credit"] + proration.amount
    changed = update(uow.db, "subscriptions", subscription["id"], values)
    if plan["id"] != present["id"]:
        event_data = subscription_event_data(uow.db, changed)
        event_data["previousPlanId"] = present["id"]
        event_data["proration"] = {"amount": proration.amount, "kind": proration.kind}
        uow.emit("subscription_plan_changed", event_data)
    return changed, proration


def _check_change(subscription: sqlite3.Row, present: sqlite3.Row, plan: sqlite3.Row) -> None:
    if subscription["status"] not in {"active", "trialing"}:
        raise ApiError(409, f"A subscription that is {subscription['status']} cannot change its plan.")
    check_plan_available(plan)
    if plan["currency"] != present["currency"]:
        raise ApiError(409, "The plans have different currencies.")


def _prorate(uow: UnitOfWork, subscription: sqlite3.Row, present: sqlite3.Row, plan: sqlite3.Row) -> ProrationResult:
    if subscription["status"] == "trialing":
        # A trial was not paid, so that nothing remains of it that could be set off.
        return ProrationResult(0, "none")
    old, new = (Price(row["amount"], row["interval"], row["interval_count"]) for row in (present, plan))
    start = datetime.fromisoformat(subscription["current_period_start"])
    end = datetime.fromisoformat(subscription["current_period_end"])
    proration = prorate(old, new, start, end, uow.now)
    if proration.amount > MAX_INTEGER:
        raise ApiError(409, "The difference between the plans exceeds the largest amount.")
    return proration


def _charge(uow: UnitOfWork, subscription: sqlite3.Row, amount: int, currency: str) -> None:
    end = datetime.fromisoformat(subscription["current_period_end"])
    draft = InvoiceDraft(subscription["customer_id"], amount, currency, uow.now, end, subscription["id"])
    charge_invoice(uow, issue_invoice(uow, draft))
