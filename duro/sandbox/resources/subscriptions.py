"""Subscriptions: a customer on a plan, moved from status to status."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Final

from attrs import frozen

from ..._types import UNSET, JSONObject, Unset
from ..answers import Refusal
from ..calls import Call, Operation
from ..clock import timestamp
from ..periods import later
from ..records import find, insert, update
from ..states import Action, after
from ..validation import Flag, JSONMapping, Text
from .invoices import charge_invoice, issue_invoice

__all__ = ["OPERATIONS"]


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


def represent(subscription: sqlite3.Row) -> JSONObject:
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
    wanted = call.read(SubscriptionCreate)
    customer = find(call.records, "customers", wanted.customer_id)
    plan = find(call.records, "plans", wanted.plan_id)
    if customer["blacklisted"]:
        raise Refusal(403, "The customer is on the blacklist.")
    if plan["archived_at"]:
        raise Refusal(409, "The plan is archived and takes no more subscriptions.")
    identifier = call.new_id("sub")
    values = {
        "id": identifier,
        "customer_id": customer["id"],
        "plan_id": plan["id"],
        "status": "incomplete",
        "created_at": call.at,
    }
    insert(call.records, "subscriptions", values)
    subscription = find(call.records, "subscriptions", identifier)
    begin = _start_trial if plan["trial_days"] else _activate
    return represent(begin(call, subscription, plan))


def cancel_subscription(call: Call) -> JSONObject:
    """``cancelSubscription``: at once, or when the current period ends."""
    subscription = find(call.records, "subscriptions", call.path["id"])
    wanted = call.read(SubscriptionCancel)
    if not wanted.at_period_end:
        return represent(_move(call, subscription, Action.CANCEL))
    after(Action.CANCEL, subscription["status"])
    return represent(update(call.records, "subscriptions", subscription["id"], {"cancel_at_period_end": True}))


def pause_subscription(call: Call) -> JSONObject:
    """``pauseSubscription``."""
    subscription = find(call.records, "subscriptions", call.path["id"])
    return represent(_move(call, subscription, Action.PAUSE))


def resume_subscription(call: Call) -> JSONObject:
    """``resumeSubscription``: the period stays the one that was paid for."""
    subscription = find(call.records, "subscriptions", call.path["id"])
    return represent(_move(call, subscription, Action.RESUME))


def list_customer_subscriptions(call: Call) -> JSONObject:
    """``listCustomerSubscriptions``: all of them, newest first, without pages."""
    customer = find(call.records, "customers", call.path["id"])
    rows = call.records.execute(
        "SELECT * FROM subscriptions WHERE customer_id = ? ORDER BY created_at DESC, id DESC", (customer["id"],)
    )
    return {"items": [represent(row) for row in rows]}


def _start_trial(call: Call, subscription: sqlite3.Row, plan: sqlite3.Row) -> sqlite3.Row:
    end = call.now + timedelta(days=plan["trial_days"])
    return _move(
        call,
        subscription,
        Action.START_TRIAL,
        current_period_start=call.at,
        current_period_end=timestamp(end),
    )


def _activate(call: Call, subscription: sqlite3.Row, plan: sqlite3.Row) -> sqlite3.Row:
    end = later(call.now, plan["interval"], plan["interval_count"])
    charge_invoice(call, issue_invoice(call, subscription, plan, call.now, end))
    return _move(
        call,
        subscription,
        Action.ACTIVATE,
        current_period_start=call.at,
        current_period_end=timestamp(end),
        cycles_completed=subscription["cycles_completed"] + 1,
    )


def _move(call: Call, subscription: sqlite3.Row, action: Action, **values: object) -> sqlite3.Row:
    """Let an action happen, the one way in which a status changes."""
    status = after(action, subscription["status"])
    return update(call.records, "subscriptions", subscription["id"], {"status": status, **values})


OPERATIONS: Final = (
    Operation("POST", "/v1/subscriptions", create_subscription, status=201),
    Operation("POST", "/v1/subscriptions/{id}/cancel", cancel_subscription),
    Operation("POST", "/v1/subscriptions/{id}/pause", pause_subscription),
    Operation("POST", "/v1/subscriptions/{id}/resume", resume_subscription),
    Operation("GET", "/v1/customers/{id}/subscriptions", list_customer_subscriptions),
)
