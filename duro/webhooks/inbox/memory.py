"""An inbox in memory, for one process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from .base import DEFAULT_LEASE, DEFAULT_RETENTION, Inbox, Standing

if TYPE_CHECKING:
    from ..._clock import Clock

__all__ = ["MemoryInbox"]

_SWEEP_SECONDS: Final = 60.0


class _Entry(NamedTuple):
    holder: str | None  # nobody's once it is handled
    expires_at: float


class MemoryInbox(Inbox):
    """Remembers events as long as the process lives; for tests, and for a single process that may forget.

    It can be shared by threads and event loops.

    Args:
        lease: Seconds that a claim holds; longer than any handler takes.
        retention: Seconds that a handled event is remembered.
        clock: Time, for tests.

    Raises:
        ConfigurationError: A number is out of range.
    """

    def __init__(
        self, *, lease: float = DEFAULT_LEASE, retention: float = DEFAULT_RETENTION, clock: Clock | None = None
    ) -> None:
        super().__init__(lease=lease, retention=retention, clock=clock)
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._next_sweep = self._clock.monotonic() + _SWEEP_SECONDS

    async def take(self, event_id: str, holder: str) -> Standing:
        """Claim an event."""
        with self._lock:
            now = self._clock.monotonic()
            self._sweep(now)
            entry = self._entries.get(event_id)
            if entry is not None and now < entry.expires_at:
                return Standing.UNDER_WAY if entry.holder else Standing.HANDLED
            self._entries[event_id] = _Entry(holder, now + self._lease)
            return Standing.FIRST

    async def keep(self, event_id: str, holder: str) -> bool:
        """Remember an event as handled."""
        with self._lock:
            entry = self._entries.get(event_id)
            if entry is not None and entry.holder != holder:
                return False
            self._entries[event_id] = _Entry(None, self._clock.monotonic() + self._retention)
            return True

    async def drop(self, event_id: str, holder: str | None) -> None:
        """Forget an event."""
        with self._lock:
            entry = self._entries.get(event_id)
            if entry is not None and holder in (None, entry.holder):
                del self._entries[event_id]

    def _sweep(self, now: float) -> None:
        if now >= self._next_sweep:
            self._entries = {key: entry for key, entry in self._entries.items() if now < entry.expires_at}
            self._next_sweep = now + _SWEEP_SECONDS
