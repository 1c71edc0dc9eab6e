"""Inbox in memory, for one process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from .base import DEFAULT_LEASE_SECONDS, DEFAULT_RETENTION_SECONDS, Inbox
from .claims import ClaimStatus
from .fork import call_in_child

if TYPE_CHECKING:
    from ..._clock import Clock

__all__ = ["MemoryInbox"]

_SWEEP_SECONDS: Final = 60.0


class _Entry(NamedTuple):
    holder: str | None  # None once the event is handled
    expires_at: float


class MemoryInbox(Inbox):
    """Inbox that is lost when the process ends; for tests, and for single processes that may handle an event twice.

    Threads and event loops can share it. Processes do not: a forked child begins with a copy of the entries, so an
    event that the parent has claimed is in progress in the child until the lease ends. Later entries of one process
    are unknown to the other. Use ``SQLiteInbox`` if several processes receive deliveries, and ``RedisInbox`` if several
    machines do.

    Args:
        lease: Lifetime of a claim in seconds; longer than the slowest handler.
        retention: Time in seconds for which a handled event is remembered.
        clock: Clock that tests can replace.

    Raises:
        ConfigurationError: A number is out of range.

    Example:
        >>> from duro.webhooks import Event, MemoryInbox
        >>> wire = {"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
        >>> inbox = MemoryInbox(lease=60)
        >>> await inbox.accept(Event.from_dict(wire)), await inbox.accept(Event.from_dict(wire))
        (True, False)
    """

    def __init__(
        self,
        *,
        lease: float = DEFAULT_LEASE_SECONDS,
        retention: float = DEFAULT_RETENTION_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(lease=lease, retention=retention, clock=clock)
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._next_sweep = self._clock.monotonic() + _SWEEP_SECONDS
        call_in_child(self, MemoryInbox._replace_lock)

    async def acquire(self, event_id: str, holder: str) -> ClaimStatus:
        """Claim an event; see ``Inbox.acquire``."""
        with self._lock:
            now = self._clock.monotonic()
            self._sweep(now)
            entry = self._entries.get(event_id)
            if entry is not None and now < entry.expires_at:
                return ClaimStatus.IN_PROGRESS if entry.holder else ClaimStatus.HANDLED
            self._entries[event_id] = _Entry(holder, now + self._lease)
            return ClaimStatus.CLAIMED

    async def complete(self, event_id: str, holder: str) -> bool:
        """Record an event as handled; see ``Inbox.complete``."""
        with self._lock:
            entry = self._entries.get(event_id)
            if entry is not None and entry.holder != holder:
                return False
            self._entries[event_id] = _Entry(None, self._clock.monotonic() + self._retention)
            return True

    async def release(self, event_id: str, holder: str | None) -> None:
        """Delete the entry of an event; see ``Inbox.release``."""
        with self._lock:
            entry = self._entries.get(event_id)
            if entry is not None and holder in (None, entry.holder):
                del self._entries[event_id]

    def _replace_lock(self) -> None:
        """Replace the lock in a forked child, because another thread of the parent may have held it."""
        self._lock = threading.Lock()

    def _sweep(self, now: float) -> None:
        if now >= self._next_sweep:
            self._entries = {key: entry for key, entry in self._entries.items() if now < entry.expires_at}
            self._next_sweep = now + _SWEEP_SECONDS
