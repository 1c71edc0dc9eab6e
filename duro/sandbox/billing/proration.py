"""Proration: the cost or credit of a plan change within a period."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from attrs import frozen

from .periods import add_intervals

__all__ = ["Price", "ProrationResult", "prorate"]

_DAY: Final = timedelta(days=1)


@frozen
class Price:
    """Price of a plan for one period.

    Attributes:
        amount: Minor units.
        interval: Unit of the period, such as ``month``.
        interval_count: Number of intervals in a period.
    """

    amount: int
    interval: str
    interval_count: int

    def daily_rate(self, start: datetime) -> Fraction:
        """Return the price of one day, in minor units.

        Args:
            start: Start of the period. Months have different lengths.
        """
        return self.amount / _to_days(add_intervals(start, self.interval, self.interval_count) - start)


@frozen
class ProrationResult:
    """Price difference of a plan change.

    Attributes:
        amount: Minor units, at least 0.
        kind: ``charge``, ``credit`` or ``none``.
    """

    amount: int
    kind: str


def prorate(old: Price, new: Price, start: datetime, end: datetime, now: datetime) -> ProrationResult:
    """Return the price of the remaining days at the new daily rate, minus their price at the old one.

    A day that has begun counts as a whole day, so that the result does not
    depend on the second. The remaining days are at most the length of the
    period, and 0 after its end.

    Args:
        old: Price of the present plan.
        new: Price of the new plan.
        start: Start of the current period.
        end: End of the current period.
        now: Time of the change.

    Returns:
        The difference, rounded to minor units.

    Example:
        >>> start = datetime(2026, 6, 1)
        >>> price = Price(500_000, "month", 1), Price(1_000_000, "month", 1)
        >>> prorate(*price, start, datetime(2026, 7, 1), datetime(2026, 6, 16))
        ProrationResult(amount=250000, kind='charge')
    """
    remaining = min(Fraction(max(math.ceil(_to_days(end - now)), 0)), _to_days(end - start))
    # Fractions, because a float would round large amounts twice.
    difference = round(remaining * (new.daily_rate(start) - old.daily_rate(start)))
    if difference == 0:
        return ProrationResult(0, "none")
    return ProrationResult(abs(difference), "charge" if difference > 0 else "credit")


def _to_days(span: timedelta) -> Fraction:
    return Fraction(span // timedelta.resolution, _DAY // timedelta.resolution)
