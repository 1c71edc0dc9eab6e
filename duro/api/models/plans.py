"""Plans."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["Interval", "Plan"]


class Interval(OpenEnum):
    """How long one period of a plan is, times ``interval_count``."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    BIANNUAL = "biannual"
    YEAR = "year"


@frozen(kw_only=True)
class Plan(Model):
    """Something that customers subscribe to.

    Attributes:
        id: Carries the prefix ``plan_``.
        name: What people call it.
        amount: The price of one period, in minor units (kobo).
        currency: The currency of the amount.
        interval: The unit of a period.
        interval_count: How many units a period has.
        trial_days: Days before the first charge.
        max_cycles: Charges after which a subscription ends, ``None`` for no end.
        created_at: When it was made.
    """

    id: str
    name: str
    amount: int
    currency: str
    interval: Interval
    interval_count: int
    trial_days: int
    max_cycles: int | None = None
    created_at: datetime
