"""Events: what happened, as the API keeps it and as webhooks deliver it."""

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
    "KNOWN_EVENTS",
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
    """Something that happened; one of its subclasses tells what.

    Attributes:
        id: Carries the prefix ``evt_``; the same in every delivery of the event.
        type: What happened.
        data: What it happened to.
        created_at: When it happened.
        dispatched_at: When it was sent to the webhook endpoints; ``None`` if it was not yet, and in a delivery itself.
        secret_index: Which of a webhook's secrets signed the delivery: 0 for the first.
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
    def variant_for(cls, document: Mapping[str, object]) -> EventClass:
        """Give the class of an event in the wire's form."""
        return KNOWN_EVENTS.get(str(document.get("type")), UnknownEvent)

    @property
    def customer_id(self) -> str | None:
        """The customer, whether embedded or not; ``None`` where the event does not tell."""
        customer = self.data.customer
        return customer.id if customer else self.data.customer_id

    @property
    def plan_id(self) -> str | None:
        """The plan, whether embedded or not; ``None`` where the event does not tell."""
        plan, subscription = self.data.plan, self.data.subscription
        if plan:
            return plan.id
        return self.data.plan_id or (subscription.plan_id if subscription else None)

    @property
    def subscription_id(self) -> str | None:
        """The subscription, whether embedded or not; ``None`` where the event does not tell."""
        subscription, invoice = self.data.subscription, self.data.invoice
        if subscription:
            return subscription.id
        return self.data.subscription_id or (invoice.subscription_id if invoice else None)

    @property
    def invoice_id(self) -> str | None:
        """The invoice, whether embedded or not; ``None`` where the event does not tell."""
        invoice = self.data.invoice
        return invoice.id if invoice else self.data.invoice_id

    @property
    def amount(self) -> int | None:
        """The amount in minor units (kobo), flat or of the invoice; ``None`` where the event does not tell."""
        invoice = self.data.invoice
        return invoice.amount if self.data.amount is None and invoice else self.data.amount


@frozen(kw_only=True)
class SubscriptionCreated(Event):
    """A subscription was made; where the plan has a trial, it begins."""

    type: EventType = EventType.SUBSCRIPTION_CREATED


@frozen(kw_only=True)
class SubscriptionActivated(Event):
    """A subscription became active."""

    type: EventType = EventType.SUBSCRIPTION_ACTIVATED


@frozen(kw_only=True)
class SubscriptionUpdated(Event):
    """A subscription changed in a way that no other event tells."""

    type: EventType = EventType.SUBSCRIPTION_UPDATED


@frozen(kw_only=True)
class SubscriptionPlanChanged(Event):
    """A subscription moved to another plan."""

    type: EventType = EventType.SUBSCRIPTION_PLAN_CHANGED


@frozen(kw_only=True)
class SubscriptionPaused(Event):
    """A subscription was paused, and does not renew."""

    type: EventType = EventType.SUBSCRIPTION_PAUSED


@frozen(kw_only=True)
class SubscriptionResumed(Event):
    """A paused subscription is active again."""

    type: EventType = EventType.SUBSCRIPTION_RESUMED


@frozen(kw_only=True)
class SubscriptionPastDue(Event):
    """A renewal failed; recovery begins."""

    type: EventType = EventType.SUBSCRIPTION_PAST_DUE


@frozen(kw_only=True)
class SubscriptionRecovered(Event):
    """A subscription that was past due is active again."""

    type: EventType = EventType.SUBSCRIPTION_RECOVERED


@frozen(kw_only=True)
class SubscriptionUnpaid(Event):
    """Recovery gave a subscription up."""

    type: EventType = EventType.SUBSCRIPTION_UNPAID


@frozen(kw_only=True)
class SubscriptionExpired(Event):
    """A subscription reached its last cycle."""

    type: EventType = EventType.SUBSCRIPTION_EXPIRED


@frozen(kw_only=True)
class SubscriptionCancelled(Event):
    """A subscription was cancelled; its status is spelt ``canceled``."""

    type: EventType = EventType.SUBSCRIPTION_CANCELLED


@frozen(kw_only=True)
class SubscriptionPaymentSuccess(Event):
    """A charge for a subscription, or at a checkout, succeeded."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_SUCCESS


@frozen(kw_only=True)
class SubscriptionPaymentFailed(Event):
    """A charge for a subscription failed."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_FAILED


@frozen(kw_only=True)
class SubscriptionPaymentRecovered(Event):
    """A charge that had failed succeeded after all."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_RECOVERED


@frozen(kw_only=True)
class SubscriptionPaymentRefunded(Event):
    """A payment was given back."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_REFUNDED


@frozen(kw_only=True)
class SubscriptionPaymentActionRequired(Event):
    """The customer has to act before the charge can succeed, for example by giving a new card."""

    type: EventType = EventType.SUBSCRIPTION_PAYMENT_ACTION_REQUIRED


@frozen(kw_only=True)
class InvoiceCreated(Event):
    """An invoice was made."""

    type: EventType = EventType.INVOICE_CREATED


@frozen(kw_only=True)
class CheckoutCompleted(Event):
    """A checkout session was paid."""

    type: EventType = EventType.CHECKOUT_COMPLETED


@frozen(kw_only=True)
class UnknownEvent(Event):
    """An event of a type that this release does not know; ``data.extra`` has what it cannot name."""

    data: UnknownEventData


# By the wire's name of each type.
KNOWN_EVENTS: Final[Mapping[str, EventClass]] = {
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
    """What was posted to the webhook endpoints for one event.

    Attributes:
        body: The body, byte for byte.
        event: The same, read.
    """

    body: bytes = field(repr=False)
    event: Event

    def matches(self, delivery: bytes) -> bool:
        """Tell whether a delivery has the same body, byte for byte.

        Args:
            delivery: The raw body that was received.

        Returns:
            Whether it equals ``body``.

        Raises:
            InvalidArgumentError: It is not bytes; decoded text does not tell what was sent.
        """
        if not isinstance(delivery, bytes | bytearray | memoryview):
            raise InvalidArgumentError(f"a {type(delivery).__name__} is no body; give the raw bytes of the request")
        return self.body == delivery
