"""Events, as the API keeps them and as webhooks deliver them."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time
from datetime import datetime  # noqa: TC003 - the same
from typing import Any

from attrs import field, frozen

from ..open_enum import OpenEnum
from .base import Model
from .customers import Customer  # noqa: TC001 - the same
from .invoices import Invoice  # noqa: TC001 - the same
from .plans import Plan  # noqa: TC001 - the same
from .subscriptions import Subscription  # noqa: TC001 - the same

__all__ = ["Event", "EventPayload", "EventType", "WebhookPayload", "WebhookPayloadData"]


class EventType(OpenEnum):
    """What happened; the list is open."""

    SUBSCRIPTION_CREATED = "subscription_created"
    SUBSCRIPTION_ACTIVATED = "subscription_activated"
    SUBSCRIPTION_UPDATED = "subscription_updated"
    SUBSCRIPTION_PLAN_CHANGED = "subscription_plan_changed"
    SUBSCRIPTION_PAUSED = "subscription_paused"
    SUBSCRIPTION_RESUMED = "subscription_resumed"
    SUBSCRIPTION_PAST_DUE = "subscription_past_due"
    SUBSCRIPTION_RECOVERED = "subscription_recovered"
    SUBSCRIPTION_UNPAID = "subscription_unpaid"
    SUBSCRIPTION_EXPIRED = "subscription_expired"
    SUBSCRIPTION_CANCELLED = "subscription_cancelled"
    SUBSCRIPTION_PAYMENT_SUCCESS = "subscription_payment_success"
    SUBSCRIPTION_PAYMENT_FAILED = "subscription_payment_failed"
    SUBSCRIPTION_PAYMENT_RECOVERED = "subscription_payment_recovered"
    SUBSCRIPTION_PAYMENT_REFUNDED = "subscription_payment_refunded"
    SUBSCRIPTION_PAYMENT_ACTION_REQUIRED = "subscription_payment_action_required"
    INVOICE_CREATED = "invoice_created"
    CHECKOUT_COMPLETED = "checkout_completed"


@frozen(kw_only=True)
class Event(Model):
    """The record of something that happened.

    Attributes:
        id: Carries the prefix ``evt_``.
        type: What happened.
        data: What it happened to; the members vary by type.
        dispatched_at: When it was sent to the webhook endpoints, ``None`` if it was not yet.
        created_at: When it happened.
    """

    id: str
    type: EventType
    data: Mapping[str, Any]
    dispatched_at: datetime | None = None
    created_at: datetime


@frozen(kw_only=True)
class WebhookPayloadData(Model):
    """What an event happened to; an object that is embedded replaces its flat id.

    Attributes:
        customer: The customer, where it is embedded.
        plan: The plan, where it is embedded.
        subscription: The subscription, where it is embedded.
        invoice: The invoice, where it is embedded.
    """

    customer: Customer | None = None
    plan: Plan | None = None
    subscription: Subscription | None = None
    invoice: Invoice | None = None


@frozen(kw_only=True)
class WebhookPayload(Model):
    """The body of a delivery.

    Attributes:
        id: The event.
        type: What happened.
        created_at: When it happened.
        data: What it happened to.
    """

    id: str
    type: EventType
    created_at: datetime
    data: WebhookPayloadData


@frozen
class EventPayload:
    """What was posted to the webhook endpoints for one event.

    Attributes:
        body: The body, byte for byte.
        payload: The same, read.
    """

    body: bytes = field(repr=False)
    payload: WebhookPayload
