"""Data of events, and the event types."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model
from .customers import Customer  # noqa: TC001 - cattrs reads the annotations at run time
from .invoices import Invoice  # noqa: TC001 - the same
from .plans import Plan  # noqa: TC001 - the same
from .subscriptions import Subscription  # noqa: TC001 - the same

__all__ = ["EventData", "EventType", "UnknownEventData"]


class EventType(OpenEnum):
    """Type of an event. Later versions of the API may add types."""

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
class EventData(Model):
    """Data of an event: the objects that it concerns.

    The members vary by type. An embedded object replaces its id.
    The properties of the event work with both forms: ``event.customer_id``.

    Attributes:
        customer_id: Customer, where it is not embedded.
        plan_id: Plan, where it is not embedded.
        subscription_id: Subscription, where it is not embedded.
        invoice_id: Invoice, where it is not embedded.
        amount: Amount in minor units (kobo), where no invoice is embedded.
        customer: Embedded customer.
        plan: Embedded plan.
        subscription: Embedded subscription.
        invoice: Embedded invoice.
    """

    # The members vary by type. A null for the others would change what the API sent.
    omit_null: ClassVar[bool] = True

    customer_id: str | None = None
    plan_id: str | None = None
    subscription_id: str | None = None
    invoice_id: str | None = None
    amount: int | None = None
    customer: Customer | None = None
    plan: Plan | None = None
    subscription: Subscription | None = None
    invoice: Invoice | None = None


@frozen(kw_only=True)
class UnknownEventData(EventData):
    """Data of an event of an unknown type. Members with an unexpected type are kept in ``extra``."""

    keep_invalid_members: ClassVar[bool] = True
