"""Models of plans."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["Interval", "Plan"]


class Interval(OpenEnum):
    """Unit of a billing period. ``interval_count`` is the number of units."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    BIANNUAL = "biannual"
    YEAR = "year"


@frozen(kw_only=True)
class Plan(Model):
    """Plan that customers subscribe to: a price per period.

    Attributes:
        id: Id (``plan_…``).
        name: Display name.
        amount: Price of one period in minor units (kobo).
        currency: Currency of the amount, as an ISO 4217 code.
        interval: Unit of a period.
        interval_count: Number of intervals in a period.
        trial_days: Length of the free trial in days.
        max_cycles: Number of successful charges after which a subscription expires, ``None`` for unlimited.
        created_at: Time of creation.
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
