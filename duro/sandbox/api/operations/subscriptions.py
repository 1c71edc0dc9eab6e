"""Subscriptions: a customer on a plan, moved from status to status."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ...._json import JSONObject, JSONValue
from ...._unset import UNSET, Unset
from ...billing.periods import later
from ...billing.proration import Price, Proration, prorate
from ...billing.subscription_states import Action, after, event_of
from ...clock import timestamp
from ...errors import ApiError
from ...storage.rows import find, insert, update
from ...validation import LARGEST_INTEGER, Flag, JSONMapping, Text
from ..dispatch import Call, Operation
from . import customers, plans
from .invoices import InvoiceDraft, charge_invoice, issue_invoice

__all__ = ["OPERATIONS", "move", "start_subscription", "to_json"]


@frozen
class SubscriptionCreate:
    """The body of ``createSubscription``; method and metadata are checked, but no answer shows them."""

    customer_id: Text
    plan_id: Text
    payment_method_id: Text | Unset = UNSET
    metadata: JSONMapping | Unset = UNSET


@frozen
class SubscriptionCancel:
    """The body of ``cancelSubscription``."""

    at_period_end: Flag = False


@frozen
class PlanChange:
    """The body of ``changeSubscriptionPlan``."""

    plan_id: Text


def to_json(subscription: sqlite3.Row) -> JSONObject:
    """Give a subscription the contract's shape."""
    return {
        "id": subscription["id"],
        "status": subscription["status"],
        "planId": subscription["plan_id"],
        "currentPeriodStart": subscription["current_period_start"],
        "currentPeriodEnd": subscription["current_period_end"],
        "cyclesCompleted": subscription["cycles_completed"],
        "createdAt": subscription["created_at"],
    }


def create_subscription(call: Call) -> JSONObject:
    """``createSubscription``: a trial costs nothing yet; without one, the first period is charged now."""
    body = call.read(SubscriptionCreate)
    customer = find(call.db, "customers", body.customer_id)
    plan = find(call.db, "plans", body.plan_id)
    return to_json(start_subscription(call, customer, plan))


def start_subscription(call: Call, customer: sqlite3.Row, plan: sqlite3.Row, rail: str = "card") -> sqlite3.Row:
    """Start a subscription with its trial, or else with its first charge.

    Args:
        call: The call.
        customer: Who subscribes.
        plan: To what.
        rail: How the first charge travels.

    Returns:
        The subscription, trialing or active.

    Raises:
        ApiError: The customer is on the blacklist (403), or the plan is archived (409).
    """
    if customer["blacklisted"]:
        raise ApiError(403, "The customer is on the blacklist.")
    if plan["archived_at"]:
        raise ApiError(409, "The plan is archived and takes no more subscriptions.")
    identifier = call.new_id("sub")
    values = {
        "id": identifier,
        "customer_id": customer["id"],
        "plan_id": plan["id"],
        "status": "incomplete",
        "created_at": call.at,
    }
    insert(call.db, "subscriptions", values)
    subscription = find(call.db, "subscriptions", identifier)
    if plan["trial_days"]:
        return _start_trial(call, subscription, plan)
    return _activate(call, subscription, plan, rail)


def cancel_subscription(call: Call) -> JSONObject:
    """``cancelSubscription``: at once, or when the current period ends."""
    subscription = find(call.db, "subscriptions", call.path["id"])
    body = call.read(SubscriptionCancel)
    if not body.at_period_end:
        return to_json(move(call, subscription, Action.CANCEL))
    after(Action.CANCEL, subscription["status"])
    return to_json(update(call.db, "subscriptions", subscription["id"], {"cancel_at_period_end": True}))


def pause_subscription(call: Call) -> JSONObject:
    """``pauseSubscription``."""
    subscription = find(call.db, "subscriptions", call.path["id"])
    return to_json(move(call, subscription, Action.PAUSE))


def resume_subscription(call: Call) -> JSONObject:
    """``resumeSubscription``: the period stays the one that was paid for."""
    subscription = find(call.db, "subscriptions", call.path["id"])
    return to_json(move(call, subscription, Action.RESUME))


def change_plan(call: Call) -> JSONObject:
    """``changeSubscriptionPlan``: a charge is made now, a credit waits for the next renewal; the period stays."""
    subscription = find(call.db, "subscriptions", call.path["id"])
    body = call.read(PlanChange)
    old = find(call.db, "plans", subscription["plan_id"])
    new = find(call.db, "plans", body.plan_id)
    _check_change(subscription, old, new)
    proration = _prorate(call, subscription, old, new)
    values = {"plan_id": new["id"]}
    if proration.kind == "charge":
        _bill(call, subscription, proration.amount, new["currency"], _moment(subscription["current_period_end"]))
    elif proration.kind == "credit":
        values["credit"] = subscription["credit"] + proration.amount
    changed = update(call.db, "subscriptions", subscription["id"], values)
    difference: dict[str, JSONValue] = {"amount": proration.amount, "kind": proration.kind}
    if new["id"] != old["id"]:
        event_data = {**_embedded(call, changed), "previousPlanId": old["id"], "proration": difference}
        call.emit("subscription_plan_changed", event_data)
    return {"subscription": to_json(changed), "proration": difference}


def list_customer_subscriptions(call: Call) -> JSONObject:
    """``listCustomerSubscriptions``: all of them, newest first, without pages."""
    customer = find(call.db, "customers", call.path["id"])
    rows = call.db.execute(
        "SELECT * FROM subscriptions WHERE customer_id = ? ORDER BY created_at DESC, id DESC", (customer["id"],)
    )
    return {"items": [to_json(row) for row in rows]}


def _start_trial(call: Call, subscription: sqlite3.Row, plan: sqlite3.Row) -> sqlite3.Row:
    end = call.now + timedelta(days=plan["trial_days"])
    return move(
        call,
        subscription,
        Action.START_TRIAL,
        current_period_start=call.at,
        current_period_end=timestamp(end),
    )


def _activate(call: Call, subscription: sqlite3.Row, plan: sqlite3.Row, rail: str) -> sqlite3.Row:
    end = later(call.now, plan["interval"], plan["interval_count"])
    _bill(call, subscription, plan["amount"], plan["currency"], end, rail=rail)
    return move(
        call,
        subscription,
        Action.ACTIVATE,
        current_period_start=call.at,
        current_period_end=timestamp(end),
        cycles_completed=subscription["cycles_completed"] + 1,
    )


def _bill(
    call: Call, subscription: sqlite3.Row, amount: int, currency: str, end: datetime, *, rail: str = "card"
) -> None:
    """Charge for the time from now to the end of a period."""
    bill = InvoiceDraft(subscription["customer_id"], amount, currency, call.now, end, subscription["id"])
    charge_invoice(call, issue_invoice(call, bill), rail)


def _check_change(subscription: sqlite3.Row, old: sqlite3.Row, new: sqlite3.Row) -> None:
    if subscription["status"] not in {"active", "trialing"}:
        raise ApiError(409, f"A subscription that is {subscription['status']} cannot change its plan.")
    if new["archived_at"]:
        raise ApiError(409, "The plan is archived and takes no more subscriptions.")
    if new["currency"] != old["currency"]:
        raise ApiError(409, "The plans have different currencies.")


def _prorate(call: Call, subscription: sqlite3.Row, old: sqlite3.Row, new: sqlite3.Row) -> Proration:
    if subscription["status"] == "trialing":
        # Nothing was paid for a trial, so there is nothing to weigh up.
        return Proration(0, "none")
    before, afterwards = (Price(plan["amount"], plan["interval"], plan["interval_count"]) for plan in (old, new))
    start, end = _moment(subscription["current_period_start"]), _moment(subscription["current_period_end"])
    proration = prorate(before, afterwards, start, end, call.now)
    if proration.amount > LARGEST_INTEGER:
        raise ApiError(409, "The difference between the plans is larger than an amount can be.")
    return proration


def move(call: Call, subscription: sqlite3.Row, action: Action, **values: object) -> sqlite3.Row:
    """Let an action happen, the one way in which a status changes.

    Args:
        call: The call.
        subscription: The subscription as it is.
        action: What is to happen.
        **values: Columns that change with it.

    Returns:
        The subscription as it is now; an event tells of it.

    Raises:
        ApiError: The state machine forbids it (409).
    """
    status = after(action, subscription["status"])
    moved = update(call.db, "subscriptions", subscription["id"], {"status": status, **values})
    call.emit(event_of(action), _embedded(call, moved))
    return moved


def _embedded(call: Call, subscription: sqlite3.Row) -> dict[str, JSONValue]:
    return {
        "subscription": to_json(subscription),
        "customer": customers.to_json(find(call.db, "customers", subscription["customer_id"])),
        "plan": plans.to_json(find(call.db, "plans", subscription["plan_id"])),
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


OPERATIONS: Final = (
    Operation("POST", "/v1/subscriptions", create_subscription, status=201),
    Operation("POST", "/v1/subscriptions/{id}/cancel", cancel_subscription),
    Operation("POST", "/v1/subscriptions/{id}/pause", pause_subscription),
    Operation("POST", "/v1/subscriptions/{id}/resume", resume_subscription),
    Operation("POST", "/v1/subscriptions/{id}/change-plan", change_plan),
    Operation("GET", "/v1/customers/{id}/subscriptions", list_customer_subscriptions),
)
