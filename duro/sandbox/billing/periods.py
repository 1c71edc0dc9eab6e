"""Billing periods: calendar arithmetic in which month ends are clamped."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

__all__ = ["INTERVALS", "add_intervals", "is_billing_day", "next_period_end"]

_SPANS: Final[Mapping[str, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "biannual": 6, "year": 12}

INTERVALS: Final = (*_SPANS, *_MONTHS)


def add_intervals(start: datetime, interval: str, count: int) -> datetime:
    """Return the time some intervals later.

    Args:
        start: Start of the period.
        interval: One of ``INTERVALS``.
        count: Number of intervals.

    Returns:
        The end of the period. A day that its month does not have becomes the last day of the month.

    Example:
        >>> add_intervals(datetime(2027, 1, 31), "month", 1)
        datetime.datetime(2027, 2, 28, 0, 0)
    """
    if interval in _SPANS:
        return start + _SPANS[interval] * count
    years, month = divmod(start.month - 1 + _MONTHS[interval] * count, 12)
    return _clamp(start, start.year + years, month + 1, start.day)


def next_period_end(start: datetime, anchor: datetime, interval: str, count: int) -> datetime:
    """Return the end of the period that follows another one.

    Month ends are clamped from the anchor's day and not from the previous end.
    A subscription of 31 January renews on 28 February and on 31 March.

    Args:
        start: Start of the period: the end of the previous one.
        anchor: Start of the first paid period.
        interval: One of ``INTERVALS``.
        count: Number of intervals in a period.

    Example:
        >>> next_period_end(datetime(2027, 2, 28), datetime(2027, 1, 31), "month", 1)
        datetime.datetime(2027, 3, 31, 0, 0)
    """
    end = add_intervals(start, interval, count)
    return end if interval in _SPANS else _clamp(end, end.year, end.month, anchor.day)


def is_billing_day(moment: datetime, anchor: datetime) -> bool:
    """Return whether a time is on the anchor's day of the month, or on the last day of a shorter month.

    Args:
        moment: End of a period.
        anchor: Start of the first paid period.

    Example:
        >>> is_billing_day(datetime(2027, 2, 28), datetime(2027, 1, 31))
        True
    """
    return moment == _clamp(moment, moment.year, moment.month, anchor.day)


def _clamp(moment: datetime, year: int, month: int, day: int) -> datetime:
    _, last_day = calendar.monthrange(year, month)
    return moment.replace(year=year, month=month, day=min(day, last_day))
