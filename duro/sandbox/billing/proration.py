"""Proration: what a change of plans within a period costs, or gives back."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from attrs import frozen

from .periods import later

__all__ = ["Price", "Proration", "prorate"]

_DAY: Final = timedelta(days=1)


@frozen
class Price:
    """What a plan takes for each of its periods.

    Attributes:
        amount: Minor units.
        interval: The unit of the period.
        interval_count: How many of them make a period.
    """

    amount: int
    interval: str
    interval_count: int

    def daily_rate(self, start: datetime) -> Fraction:
        """Find the price of a day in the period that begins at a moment."""
        return self.amount / _days(later(start, self.interval, self.interval_count) - start)


@frozen
class Proration:
    """The difference that a change makes.

    Attributes:
        amount: Minor units, never negative.
        kind: ``charge``, ``credit`` or ``none``.
    """

    amount: int
    kind: str


def prorate(old: Price, new: Price, start: datetime, end: datetime, now: datetime) -> Proration:
    """Work out what the days remaining cost at the new daily rate, less what they cost at the old one.

    A day that has begun counts as a whole one, so the result does not depend
    on the second. A period has no more days left than it has, and none once it is over.

    Args:
        old: The price so far.
        new: The price from now on.
        start: When the current period began.
        end: When it ends.
        now: The moment of the change.

    Returns:
        The amount, rounded to whole minor units.

    Example:
        >>> start = datetime(2026, 6, 1)
        >>> price = Price(500_000, "month", 1), Price(1_000_000, "month", 1)
        >>> prorate(*price, start, datetime(2026, 7, 1), datetime(2026, 6, 16))
        Proration(amount=250000, kind='charge')
    """
    remaining = min(Fraction(max(math.ceil(_days(end - now)), 0)), _days(end - start))
    difference = round(remaining * (new.daily_rate(start) - old.daily_rate(start)))
    if difference == 0:
        return Proration(0, "none")
    return Proration(abs(difference), "charge" if difference > 0 else "credit")


def _days(span: timedelta) -> Fraction:
    return Fraction(span // timedelta.resolution, _DAY // timedelta.resolution)
