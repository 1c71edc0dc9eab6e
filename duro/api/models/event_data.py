"""What events tell: their types, and whom they happened to."""

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
class EventData(Model):
    """What an event happened to; the members vary by type, and an object that is embedded replaces its flat id.

    The ids of the event itself answer in either form: ``event.customer_id``.

    Attributes:
        customer_id: The customer, where it is not embedded.
        plan_id: The plan, where it is not embedded.
        subscription_id: The subscription, where it is not embedded.
        invoice_id: The invoice, where it is not embedded.
        amount: In minor units (kobo), where the data is flat.
        customer: The customer, where it is embedded.
        plan: The plan, where it is embedded.
        subscription: The subscription, where it is embedded.
        invoice: The invoice, where it is embedded.
    """

    # Which members there are varies by type, and to write null for the others would tell something new.
    omits_null: ClassVar[bool] = True

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
    """The data of an event that this release does not know; a member of an unexpected type is kept in ``extra``."""

    keeps_misfits: ClassVar[bool] = True
