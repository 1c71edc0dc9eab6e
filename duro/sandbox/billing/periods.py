"""Billing periods: calendar arithmetic with month ends clamped."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

__all__ = ["INTERVALS", "later"]

_SPANS: Final[Mapping[str, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "biannual": 6, "year": 12}

INTERVALS: Final = (*_SPANS, *_MONTHS)


def later(start: datetime, interval: str, count: int) -> datetime:
    """Find the moment that lies some intervals after another.

    Args:
        start: Where the period begins.
        interval: One of :data:`INTERVALS`.
        count: How many intervals the period has.

    Returns:
        The end of the period. A day that its month does not have becomes the month's last day.

    Example:
        >>> later(datetime(2027, 1, 31), "month", 1)
        datetime.datetime(2027, 2, 28, 0, 0)
    """
    if interval in _SPANS:
        return start + _SPANS[interval] * count
    years, month = divmod(start.month - 1 + _MONTHS[interval] * count, 12)
    year, month = start.year + years, month + 1
    _, last_day = calendar.monthrange(year, month)
    return start.replace(year=year, month=month, day=min(start.day, last_day))
