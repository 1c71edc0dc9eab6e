"""Token store in memory, for several clients of one process."""

from __future__ import annotations

import math
import os
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

from attrs import define

from ..._clock import Clock
from .protocol import StoredToken

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MemoryTokenStore"]


@define
class _Entry:
    """Token and lease of one key, with the times at which they end."""

    payload: bytes = b""
    generation: int = 0
    expires_at: float = -math.inf
    owner: str | None = None
    lease_ends_at: float = -math.inf

    def is_held_by(self, owner: str, now: float) -> bool:
        """Return whether an owner holds the lease."""
        return self.owner == owner and now < self.lease_ends_at


class MemoryTokenStore:
    """Token store in the memory of this process, for clients that are created separately.

    The copies of one client share a token without a store.

    Example:
        >>> from duro import AsyncDuro
        >>> store = MemoryTokenStore()
        >>> async with AsyncDuro(**sandbox.options, token_store=store) as first:
        ...     token = await first.token()
        >>> async with AsyncDuro(**sandbox.options, token_store=store) as second:
        ...     (await second.token()).access_token == token.access_token
        True
    """

    def __init__(self) -> None:
        self._now: Callable[[], float] = Clock().monotonic
        self._entries: defaultdict[str, _Entry] = defaultdict(_Entry)
        self._lock, self._pid = threading.Lock(), os.getpid()

    async def read(self, key: str) -> StoredToken | None:
        """Return the token of a key, ``None`` without a valid one."""
        with self._locked():
            entry = self._entries[key]
            remaining = entry.expires_at - self._now()
            return StoredToken(entry.payload, entry.generation, remaining) if remaining > 0 else None

    async def acquire(self, key: str, owner: str, seconds: float) -> bool:
        """Acquire the lease of a key for a number of seconds, and return whether the owner now holds it."""
        with self._locked():
            entry, now = self._entries[key], self._now()
            if now < entry.lease_ends_at:
                return False
            entry.owner, entry.lease_ends_at = owner, now + seconds
            return True

    async def write(self, key: str, owner: str, payload: bytes, seconds: float) -> int | None:
        """Replace the token and release the lease, and return the generation, ``None`` if the lease was lost."""
        with self._locked():
            entry, now = self._entries[key], self._now()
            if not entry.is_held_by(owner, now):
                return None
            entry.payload, entry.expires_at = payload, now + seconds
            entry.generation, entry.lease_ends_at = entry.generation + 1, -math.inf
            return entry.generation

    async def release(self, key: str, owner: str) -> None:
        """Release the lease if the owner still holds it."""
        with self._locked():
            entry = self._entries[key]
            if entry.is_held_by(owner, self._now()):
                entry.lease_ends_at = -math.inf

    async def discard(self, key: str, generation: int) -> bool:
        """Remove the token if it still has this generation, and return whether it was removed."""
        with self._locked():
            entry = self._entries[key]
            if entry.generation != generation or self._now() >= entry.expires_at:
                return False
            entry.expires_at = -math.inf
            return True

    async def aclose(self) -> None:
        """Do nothing, because the store has nothing to close."""

    def _locked(self) -> threading.Lock:
        if self._pid != os.getpid():
            # A thread of the parent process may have held the lock during the fork.
            self._lock, self._pid = threading.Lock(), os.getpid()
        return self._lock
