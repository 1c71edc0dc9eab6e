"""Proration: the cost or credit of a plan change within a period."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from attrs import frozen

from .periods import is_billing_day, next_period_end

__all__ = ["Period", "Price", "ProrationResult", "prorate", "round_half_up"]


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


@frozen
class Period:
    """Running period of a subscription.

    Attributes:
        start: Start of the period.
        end: End of the period.
        anchor: Time whose day of the month is the billing day.
    """

    start: datetime
    end: datetime
    anchor: datetime

    def price_of(self, price: Price) -> Fraction:
        """Return what the whole period costs at a price, in minor units.

        A price for another interval is converted by the day.

        Args:
            price: Price of a plan.
        """
        # An anchor that is not the billing day of this period applies to later periods, or to earlier ones.
        has_anchor = self.anchor <= self.start and is_billing_day(self.start, self.anchor)
        anchor = self.anchor if has_anchor else self.start
        end = next_period_end(self.start, anchor, price.interval, price.interval_count)
        return price.amount * _ratio(self.end - self.start, end - self.start)

    def share_left(self, now: datetime) -> Fraction:
        """Return the remaining share of the period, from 0 to 1.

        Args:
            now: Time within the period.
        """
        return min(max(_ratio(self.end - now, self.end - self.start), Fraction(0)), Fraction(1))


@frozen
class ProrationResult:
    """Price difference of a plan change.

    Attributes:
        amount: Minor units, at least 0.
        kind: ``charge``, ``credit`` or ``none``.
    """

    amount: int
    kind: str


def prorate(paid: int, new: Price, period: Period, now: datetime) -> ProrationResult:
    """Return the price of the remaining days at a new price, minus what was paid for them.

    Days count as fractions.

    Args:
        paid: Minor units that were paid for the whole period.
        new: Price of the new plan.
        period: Running period.
        now: Time of the change.

    Returns:
        The difference, rounded half up to minor units.

    Example:
        >>> june = Period(datetime(2026, 6, 1), datetime(2026, 7, 1), anchor=datetime(2026, 6, 1))
        >>> prorate(500_000, Price(1_000_000, "month", 1), june, datetime(2026, 6, 16))
        ProrationResult(amount=250000, kind='charge')
    """
    # Fractions, because a float would round large amounts twice.
    difference = period.share_left(now) * (period.price_of(new) - paid)
    amount = round_half_up(abs(difference))
    if not amount:
        return ProrationResult(0, "none")
    return ProrationResult(amount, "charge" if difference > 0 else "credit")


def round_half_up(amount: Fraction) -> int:
    """Round an amount to a minor unit, and a half up.

    Args:
        amount: Minor units, at least 0.

    Example:
        >>> round_half_up(Fraction(5, 2)), round_half_up(Fraction(12, 5))
        (3, 2)
    """
    return int(amount + Fraction(1, 2))


def _ratio(span: timedelta, other: timedelta) -> Fraction:
    return Fraction(span // timedelta.resolution, other // timedelta.resolution)
