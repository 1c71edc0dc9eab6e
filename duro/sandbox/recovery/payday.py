"""Payday: the days of a month on which a charge is likely to find money."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

__all__ = ["is_payday", "next_payday"]

PAYDAY: Final = 28
PAYDAY_HOUR: Final = 9
# The 28th and the grace period after it.
_WINDOW: Final = frozenset({PAYDAY, 1, 2, 3})
# More days than a month has after its 28th, and fewer than it has before the next 28th.
_AFTER_MONTH_END: Final = timedelta(days=7)


def is_payday(moment: datetime) -> bool:
    """Return whether a time is on the 28th, 1st, 2nd or 3rd. These count as whole days in UTC.

    Args:
        moment: Datetime in UTC.

    Example:
        >>> is_payday(datetime(2026, 3, 3, 23, 59)), is_payday(datetime(2026, 3, 29))
        (True, False)
    """
    return moment.day in _WINDOW


def next_payday(moment: datetime) -> datetime:
    """Return the next 28th at 09:00, after a given time.

    Args:
        moment: Datetime in UTC.

    Example:
        >>> next_payday(datetime(2026, 2, 10, 14, 30))
        datetime.datetime(2026, 2, 28, 9, 0)
    """
    payday = moment.replace(day=PAYDAY, hour=PAYDAY_HOUR, minute=0, second=0, microsecond=0)
    return payday if payday > moment else (payday + _AFTER_MONTH_END).replace(day=PAYDAY)
