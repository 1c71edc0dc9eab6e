"""Subscriptions: create, cancel, pause, resume, change plan, list."""

from __future__ import annotations

import sqlite3
from typing import Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...billing import plan_changes, renewals, subscriptions
from ...billing.cards import list_cards
from ...errors import ApiError
from ...representation import subscription_to_json
from ...storage.rows import find
from ...validation import Flag, JSONMapping, Text
from ..operation import ApiOperation
from ..request_context import RequestContext
from ..responses import ApiResponse

__all__ = ["OPERATIONS"]


@frozen
class SubscriptionCreate:
    """Body of ``createSubscription``. Events contain the metadata, and responses do not."""

    customer_id: Text
    plan_id: Text
    payment_method_id: Text | Unset = UNSET
    metadata: JSONMapping | Unset = UNSET


@frozen
class SubscriptionCancel:
    """Body of ``cancelSubscription``."""

    at_period_end: Flag = False


@frozen
class PlanChange:
    """Body of ``changeSubscriptionPlan``."""

    plan_id: Text


def create_subscription(context: RequestContext) -> JSONObject:
    """``createSubscription``: start the trial, or charge the first period now."""
    body, uow = context.read_body(SubscriptionCreate), context.uow
    customer = find(uow.db, "customers", body.customer_id)
    plan = find(uow.db, "plans", body.plan_id)
    subscriptions.check_can_subscribe(customer, plan)
    if not isinstance(body.payment_method_id, Unset):
        _check_payment_method(uow.db, customer, body.payment_method_id)
    metadata = None if isinstance(body.metadata, Unset) else body.metadata
    return subscription_to_json(subscriptions.start_subscription(uow, customer, plan, metadata=metadata))


def cancel_subscription(context: RequestContext) -> JSONObject:
    """``cancelSubscription``: now, or at the end of the current period."""
    subscription = find(context.uow.db, "subscriptions", context.path["id"])
    body = context.read_body(SubscriptionCancel)
    canceled = subscriptions.cancel_subscription(context.uow, subscription, at_period_end=body.at_period_end)
    return subscription_to_json(canceled)


def pause_subscription(context: RequestContext) -> JSONObject:
    """``pauseSubscription``."""
    subscription = find(context.uow.db, "subscriptions", context.path["id"])
    return subscription_to_json(subscriptions.pause_subscription(context.uow, subscription))


def resume_subscription(context: RequestContext) -> JSONObject:
    """``resumeSubscription``: the period stays the same, or a new one begins now if it is over."""
    subscription = find(context.uow.db, "subscriptions", context.path["id"])
    return subscription_to_json(renewals.resume_subscription(context.uow, subscription))


def change_plan(context: RequestContext) -> JSONObject | ApiResponse:
    """``changeSubscriptionPlan``: charge an upgrade now, keep a credit for later invoices."""
    subscription = find(context.uow.db, "subscriptions", context.path["id"])
    body = context.read_body(PlanChange)
    plan = find(context.uow.db, "plans", body.plan_id)
    result = plan_changes.change_plan(context.uow, subscription, plan)
    if result.failure is not None:
        return ApiResponse.from_error(result.failure)
    return {
        "subscription": subscription_to_json(result.subscription),
        "proration": {"amount": result.proration.amount, "kind": result.proration.kind},
    }


def list_customer_subscriptions(context: RequestContext) -> JSONObject:
    """``listCustomerSubscriptions``: all of them, newest first, without pagination."""
    customer = find(context.uow.db, "customers", context.path["id"])
    rows = subscriptions.list_subscriptions(context.uow.db, customer["id"])
    return {"items": [subscription_to_json(row) for row in rows]}


def _check_payment_method(db: sqlite3.Connection, customer: sqlite3.Row, identifier: str) -> None:
    if identifier not in {card["id"] for card in list_cards(db, [customer])}:
        raise ApiError(404, "The customer does not have this payment method.")


OPERATIONS: Final = (
    ApiOperation("POST", "/v1/subscriptions", create_subscription, status=201),
    ApiOperation("POST", "/v1/subscriptions/{id}/cancel", cancel_subscription),
    ApiOperation("POST", "/v1/subscriptions/{id}/pause", pause_subscription),
    ApiOperation("POST", "/v1/subscriptions/{id}/resume", resume_subscription),
    ApiOperation("POST", "/v1/subscriptions/{id}/change-plan", change_plan),
    ApiOperation("GET", "/v1/customers/{id}/subscriptions", list_customer_subscriptions),
)
