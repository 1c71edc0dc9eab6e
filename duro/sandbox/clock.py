"""The sandbox's time: real time plus an offset, and how the API writes a moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from .storage.database import Database

__all__ = ["Clock", "timestamp"]

# Far below the last year that datetime knows, so a billing period that starts today can always end.
LAST_MOMENT: Final = datetime(8000, 1, 1, tzinfo=UTC)


def timestamp(moment: datetime) -> str:
    """Write a moment as the API does.

    Args:
        moment: An aware moment in UTC.

    Example:
        >>> timestamp(datetime(2026, 6, 28, 9, tzinfo=UTC))
        '2026-06-28T09:00:00.000Z'
    """
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """A clock that runs with real time, and can be pushed ahead.

    The offset is kept with the rest of the state: a database whose records
    lie in a month to come is opened in that month again.

    Args:
        store: Where the offset is kept.
        on_advance: Is called when time has jumped, from the thread that let it.
    """

    def __init__(self, store: Database, on_advance: Callable[[], None]) -> None:
        self._store = store
        self._on_advance = on_advance
        with store.transaction() as db:
            row = db.execute("SELECT offset_seconds FROM clock").fetchone()
        self._offset = timedelta(seconds=row["offset_seconds"]) if row else timedelta()

    def now(self) -> datetime:
        """Tell the time, as an aware moment in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Let time pass at once.

        Args:
            weeks: Weeks to pass; the other spans are added to it.
            days: Days of 24 hours.
            hours: Hours.
            minutes: Minutes.
            seconds: Seconds.

        Returns:
            The time it is now.

        Raises:
            ValueError: The span is negative, no number, or leads past the year 8000.

        Example:
            >>> before = sandbox.clock.now()
            >>> (sandbox.clock.advance(days=30) - before).days
            30
        """
        try:
            span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            span = timedelta.max
        if span < timedelta():
            raise ValueError("the clock only moves forward; give a span of at least 0")
        # The transaction keeps out the handlers: within one call, time does not jump.
        with self._store.transaction() as db:
            if span > LAST_MOMENT - self.now():
                raise ValueError(f"the clock cannot go past the year {LAST_MOMENT.year}")
            offset = self._offset + span
            db.execute("DELETE FROM clock")
            db.execute("INSERT INTO clock VALUES (?)", (offset.total_seconds(),))
            self._offset = offset
            self._on_advance()
            return self.now()

    def reset(self, db: sqlite3.Connection) -> None:
        """Go back to real time, as a part of a transaction that wipes everything else too."""
        db.execute("DELETE FROM clock")
        self._offset = timedelta()
