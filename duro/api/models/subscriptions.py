"""Subscriptions."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["PlanChangeResult", "Proration", "ProrationKind", "Subscription", "SubscriptionStatus"]


class SubscriptionStatus(OpenEnum):
    """Where a subscription stands; only trialing and active ones renew."""

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
    """A customer's subscription to a plan.

    Attributes:
        id: Carries the prefix ``sub_``.
        status: Where it stands.
        plan_id: The plan.
        current_period_start: When the paid period began, ``None`` before the first.
        current_period_end: When the next charge is due, ``None`` before the first period.
        cycles_completed: Successful charges so far.
        created_at: When it was made.
    """

    id: str
    status: SubscriptionStatus
    plan_id: str
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    cycles_completed: int
    created_at: datetime


class ProrationKind(OpenEnum):
    """Who owes the difference after a change of plan."""

    CHARGE = "charge"
    CREDIT = "credit"
    NONE = "none"


@frozen(kw_only=True)
class Proration(Model):
    """The difference that a change of plan makes for the rest of the period.

    Attributes:
        amount: The difference, in minor units (kobo).
        kind: Who owes it.
    """

    amount: int
    kind: ProrationKind


@frozen(kw_only=True)
class PlanChangeResult(Model):
    """A subscription after a change of plan.

    Attributes:
        subscription: The subscription, on its new plan.
        proration: What the change costs or gives back.
    """

    subscription: Subscription
    proration: Proration
