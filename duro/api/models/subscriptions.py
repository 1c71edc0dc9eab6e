"""Models of subscriptions and proration."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["PlanChangeResult", "Proration", "ProrationKind", "Subscription", "SubscriptionStatus"]


class SubscriptionStatus(OpenEnum):
    """Status of a subscription. Only trialing and active subscriptions renew."""

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    EXPIRED = "expired"


@frozen(kw_only=True)
class Subscription(Model):
    """Subscription of a customer to a plan.

    Attributes:
        id: Id (``sub_…``).
        status: Status of the subscription.
        plan_id: Plan of the subscription.
        current_period_start: Start of the paid period, ``None`` before the first period.
        current_period_end: Time of the next charge, ``None`` before the first period.
        cycles_completed: Number of successful charges.
        created_at: Time of creation.
    """

    id: str
    status: SubscriptionStatus
    plan_id: str
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    cycles_completed: int
    created_at: datetime


class ProrationKind(OpenEnum):
    """Direction of a proration: charge to the customer, credit, or neither."""

    CHARGE = "charge"
    CREDIT = "credit"
    NONE = "none"


@frozen(kw_only=True)
class Proration(Model):
    """Proration: the price difference of a plan change for the rest of the period.

    Attributes:
        amount: Difference in minor units (kobo).
        kind: Direction of the difference.
    """

    amount: int
    kind: ProrationKind


@frozen(kw_only=True)
class PlanChangeResult(Model):
    """Result of a plan change.

    Attributes:
        subscription: Subscription with its new plan.
        proration: Price difference for the rest of the period.
    """

    subscription: Subscription
    proration: Proration
