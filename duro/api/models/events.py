"""Events, as the API stores them and as webhooks deliver them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import field, fields_dict, frozen

from ...errors import InvalidArgumentError
from .base import Model
from .event_data import EventData, EventType, UnknownEventData

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EVENT_CLASSES",
    "CheckoutCompleted",
    "Event",
    "EventPayload",
    "InvoiceCreated",
    "SubscriptionActivated",
    "SubscriptionCancelled",
    "SubscriptionCreated",
    "SubscriptionExpired",
    "SubscriptionPastDue",
    "SubscriptionPaused",
    "SubscriptionPaymentActionRequired",
    "SubscriptionPaymentFailed",
    "SubscriptionPaymentRecovered",
    "SubscriptionPaymentRefunded",
    "SubscriptionPaymentSuccess",
    "SubscriptionPlanChanged",
    "SubscriptionRecovered",
    "SubscriptionResumed",
    "SubscriptionUnpaid",
    "SubscriptionUpdated",
    "UnknownEvent",
]


EventClass: TypeAlias = "type[Event]"


@frozen(kw_only=True)
class Event(Model):
    """Event. Each known type has a subclass.

    Attributes:
        id: Id (``evt_…``), the same in each delivery of the event.
        type: Type of the event.
        data: Objects that the event concerns.
        created_at: Time of the event.
        dispatched_at: Time of the dispatch to the webhook endpoints. ``None`` before the dispatch and in deliveries.
        secret_index: Index of the webhook secret that signed the delivery, 0 for the first.
            ``None`` where no signature was verified.

    Example:
        >>> event = Event.from_dict(
        ...     {
        ...         "id": "evt_1",
        ...         "type": "subscription_paused",
        ...         "createdAt": "2026-06-28T09:00:00.000Z",
        ...         "data": {"subscriptionId": "sub_1"},
        ...     }
        ... )
        >>> type(event).__name__, event.subscription_id
        ('SubscriptionPaused', 'sub_1')
    """

    id: str
    type: EventType
    data: EventData
    created_at: datetime
    dispatched_at: datetime | None = None
    secret_index: int | None = field(default=None, init=False, eq=False)

    @classmethod
    def select_class(cls, document: Mapping[str, object]) -> EventClass:
        """Return the event class for a decoded event."""
        return EVENT_CLASSES.get(str(document.get("type")), UnknownEvent)

    @property
    def customer_id(self) -> str | None:
        """Id of the customer, embedded or flat. ``None`` for an event without a customer."""
        customer = self.data.customer
        return customer.id if customer else self.data.customer_id

    @property
    def plan_id(self) -> str | None:
        """Id of the plan: embedded, flat or of the embedded subscription. ``None`` for an event without a plan."""
        plan, subscription = self.data.plan, self.data.subscription
        if plan:
            return plan.id
        return self.data.plan_id or (subscription.plan_id if subscription else None)

    @property
    def subscription_id(self) -> str | None:
        """Id of the subscription: embedded, flat or of the embedded invoice. ``None`` without a subscription."""
        subscription, invoice = self.data.subscription, self.data.invoice
        if subscription:
            return subscription.id
        return self.data.subscription_id or (invoice.subscription_id if invoice else None)

    @property
    def invoice_id(self) -> str | None:
        """Id of the invoice, embedded or flat. ``None`` for an event without an invoice."""
        invoice = self.data.invoice
        return invoice.id if invoice else self.data.invoice_id

    @property
    def amount(self) -> int | None:
        """Amount in minor units (kobo), flat or of the embedded invoice. ``None`` for an event without an amount."""
        invoice = self.data.invoice
        return invoice.amount if self.data.amount is None and invoice else self.data.amount


@frozen(kw_only=True)
class SubscriptionCreated(Event):
    """Event: a subscription was created. A trial starts if the plan has one."""

    type: EventType = EventType.SUBSCRIPTION_CREATED


@frozen(kw_only=True)
class SubscriptionActivated(Event):
    """Event: a subscription became active."""

    type: EventType = EventType.SUBSCRIPTION_ACTIVATED


@frozen(kw_only=True)
class SubscriptionUpdated(Event):
    """Event: a subscription changed, and no other event type covers the change."""

    type: EventType = EventType.SUBSCRIPTION_UPDATED


@frozen(kw_only=True)
class SubscriptionPlanChanged(Event):
    """Event: a subscription moved to another plan."""

    type: EventType = EventType.SUBSCRIPTION_PLAN_CHANGED


@frozen(kw_only=True)
class SubscriptionPaused(Event):
    """Event: a subscription was paused. It does not renew."""

    type: EventType = EventType.SUBSCRIPTION_PAUSED


@frozen(kw_only=True)
class SubscriptionResumed(Event):
    """Event: a paused subscription is active again."""

    type: EventType = EventType.SUBSCRIPTION_RESUMED


@frozen(kw_only=True)
class SubscriptionPastDue(Event):
    """Event: a renewal failed, and recovery starts."""

    type: EventType = EventType.SUBSCRIPTION_PAST_DUE


@frozen(kw_only=True)
class SubscriptionRecovered(Event):
    """Event: a past-due subscription is active again."""

    type: EventType = EventType.SUBSCRIPTION_RECOVERED


@frozen(kw_only=True)
class SubscriptionUnpaid(Event):
    """Event: recovery of a subscription ended without success."""

    type: EventType = EventType.SUBSCRIPTION_UNPAID


@frozen(kw_only=True)
class SubscriptionExpired(Event):
    """Event: a subscription completed its last cycle."""

    type: EventType = EventType.SUBSCRIPTION_EXPIRED


@frozen(kw_only=True)
class SubscriptionCancelled(Event):
    """Event: a subscription was canceled. Its status is spelled ``canceled``."""

    type: EventType = EventType.SUBSCRIPTION_CANCELLED


@frozen(kw_only=True)
class SubscriptionPaymentSuccess(Event):
    """Event: a charge for a subscription, or at a checkout, succeeded."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_SUCCESS


@frozen(kw_only=True)
class SubscriptionPaymentFailed(Event):
    """Event: a charge for a subscription failed."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_FAILED


@frozen(kw_only=True)
class SubscriptionPaymentRecovered(Event):
    """Event: a failed charge succeeded during recovery."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_RECOVERED


@frozen(kw_only=True)
class SubscriptionPaymentRefunded(Event):
    """Event: a payment was refunded."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_REFUNDED


@frozen(kw_only=True)
class SubscriptionPaymentActionRequired(Event):
    """Event: a charge needs an action of the customer, for example a new card."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_ACTION_REQUIRED


@frozen(kw_only=True)
class InvoiceCreated(Event):
    """Event: an invoice was created."""

    type: EventType = EventType.INVOICE_CREATED


@frozen(kw_only=True)
class CheckoutCompleted(Event):
    """Event: a checkout session was paid."""

    type: EventType = EventType.CHECKOUT_COMPLETED


@frozen(kw_only=True)
class UnknownEvent(Event):
    """Event of a type that this release does not know. Unknown members are in ``data.extra``."""

    data: UnknownEventData


# Event classes by their type on the wire.
EVENT_CLASSES: Final[Mapping[str, EventClass]] = {
    str(fields_dict(kind)["type"].default): kind
    for kind in (
        SubscriptionCreated,
        SubscriptionActivated,
        SubscriptionUpdated,
        SubscriptionPlanChanged,
        SubscriptionPaused,
        SubscriptionResumed,
        SubscriptionPastDue,
        SubscriptionRecovered,
        SubscriptionUnpaid,
        SubscriptionExpired,
        SubscriptionCancelled,
        SubscriptionPaymentSuccess,
        SubscriptionPaymentFailed,
        SubscriptionPaymentRecovered,
        SubscriptionPaymentRefunded,
        SubscriptionPaymentActionRequired,
        InvoiceCreated,
        CheckoutCompleted,
    )
}


@frozen
class EventPayload:
    """Webhook payload of one event.

    Attributes:
        body: Body that was sent to the webhook endpoints, unchanged to the byte.
        event: Event, decoded from the body.
    """

    body: bytes = field(repr=False)
    event: Event

    def matches(self, delivery: bytes) -> bool:
        """Return whether a delivery has the same bytes.

        Args:
            delivery: Raw body that a webhook endpoint received.

        Returns:
            Whether the delivery equals ``body``.

        Raises:
            InvalidArgumentError: The delivery is not bytes. Decoded text can differ from the bytes that were sent.
        """
        if not isinstance(delivery, bytes | bytearray | memoryview):
            kind = type(delivery).__name__
            raise InvalidArgumentError(f"delivery must be bytes, got {kind}; pass the raw body of the request")
        return self.body == delivery
