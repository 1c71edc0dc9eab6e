"""Time of the sandbox: real time plus an offset, and the API's timestamp format."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .storage.database import Database

__all__ = ["SandboxClock", "timestamp"]

# The name that http.server gives to its thread.
SERVER_THREAD: Final = "duro-sandbox"

# Far before the last year that datetime supports, so that a billing period that starts today can always end.
MAX_TIME: Final = datetime(8000, 1, 1, tzinfo=UTC)


def timestamp(moment: datetime) -> str:
    """Format a datetime as the API does.

    Args:
        moment: Aware datetime in UTC.

    Example:
        >>> timestamp(datetime(2026, 6, 28, 9, tzinfo=UTC))
        '2026-06-28T09:00:00.000Z'
    """
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SandboxClock:
    """Clock that runs with real time and can be advanced.

    The database stores the offset from real time. A database whose records
    are dated next month therefore opens with next month's time.

    Args:
        store: Database of the offset.
        on_advance: Callback after each advance, called in the thread that advances the clock.
    """

    def __init__(self, store: Database, on_advance: Callable[[], None]) -> None:
        self._store = store
        self._on_advance = on_advance
        with store.transaction() as db:
            row = db.execute("SELECT offset_seconds FROM clock").fetchone()
        self._offset = timedelta(seconds=row["offset_seconds"]) if row else timedelta()

    def now(self) -> datetime:
        """Return the current time of the sandbox, as an aware datetime in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Advance the clock by the sum of the given spans.

        Args:
            weeks: Number of weeks.
            days: Number of days of 24 hours.
            hours: Number of hours.
            minutes: Number of minutes.
            seconds: Number of seconds.

        Returns:
            The new time.

        Raises:
            ValueError: The span is negative, is NaN, or ends after the year 8000.
            RuntimeError: The sandbox has webhook endpoints, and the thread of the caller runs an event loop. An
                endpoint in that loop could not respond.

        Example:
            >>> before = sandbox.clock.now()
            >>> (sandbox.clock.advance(days=30) - before).days
            30
        """
        self._check_thread()
        try:
            span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            span = timedelta.max
        if span < timedelta():
            raise ValueError("the clock cannot go back; pass a span of at least 0")
        # Handlers run in transactions too, so time does not jump in the middle of a call.
        with self._store.transaction() as db:
            if span > MAX_TIME - self.now():
                raise ValueError(f"the clock cannot pass the year {MAX_TIME.year}; pass a shorter span")
            offset = self._offset + span
            db.execute("DELETE FROM clock")
            db.execute("INSERT INTO clock VALUES (?)", (offset.total_seconds(),))
            self._offset = offset
            self._on_advance()
            return self.now()

    def _check_thread(self) -> None:
        # The control routes advance the clock in the thread of the server, which serves no endpoint.
        if not _runs_event_loop() or threading.current_thread().name == SERVER_THREAD:
            return
        with self._store.transaction() as db:
            has_endpoints = db.execute("SELECT 1 FROM endpoints").fetchone() is not None
        if has_endpoints:
            raise RuntimeError(
                "advance must not block a thread with a running event loop, because an endpoint there could not "
                "respond; use AsyncSandbox"
            )

    def reset(self, db: sqlite3.Connection) -> None:
        """Return to real time, in the transaction that clears all tables."""
        db.execute("DELETE FROM clock")
        self._offset = timedelta()


def _runs_event_loop() -> bool:
    """Return whether this thread runs an event loop of asyncio or trio."""
    trio: Any = sys.modules.get("trio")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return trio is not None and bool(trio.lowlevel.in_trio_run())
    return True
