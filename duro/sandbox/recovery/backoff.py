"""Backoff: times of the attempts to charge an invoice, counted from the first failure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

__all__ = ["MAX_ATTEMPTS", "next_attempt_time"]

# Attempt 1 is the renewal's own charge, so that its offset is 0.
_OFFSETS: Final = tuple(timedelta(hours=hours) for hours in (0, 24, 72, 120, 168))

MAX_ATTEMPTS: Final = len(_OFFSETS)


def next_attempt_time(first_failed_at: datetime, failed_at: datetime, attempt: int) -> datetime:
    """Return the time of the attempt that follows a failed one.

    A wait for payday or for a new card can exceed the offset of the next
    attempt. The interval between the two offsets then counts from the failure.

    Args:
        first_failed_at: Time of the first failed attempt.
        failed_at: Time of the last failed attempt.
        attempt: Number of the last failed attempt, from 1 to 4.

    Example:
        >>> next_attempt_time(datetime(2026, 2, 10), datetime(2026, 2, 11), 2)
        datetime.datetime(2026, 2, 13, 0, 0)
        >>> next_attempt_time(datetime(2026, 2, 10), datetime(2026, 2, 28, 9), 2)
        datetime.datetime(2026, 3, 2, 9, 0)
    """
    scheduled = first_failed_at + _OFFSETS[attempt]
    return scheduled if scheduled > failed_at else failed_at + _OFFSETS[attempt] - _OFFSETS[attempt - 1]
