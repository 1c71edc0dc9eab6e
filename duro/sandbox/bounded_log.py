"""Bounded log: the latest entries of one kind, readable from any thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final, Generic, TypeVar

__all__ = ["BoundedLog"]

# Enough for any test run. A sandbox that serves for weeks must not grow without a bound.
MAX_ENTRIES: Final = 10_000

Entry = TypeVar("Entry")


class BoundedLog(Generic[Entry]):
    """Log of the latest 10,000 entries. Any thread may read it and append to it.

    A subclass that keeps counts as well changes them under the same lock.
    """

    def __init__(self) -> None:
        # Reentrant, so that a subclass can call the methods of this class while it holds the lock.
        self._lock = threading.RLock()
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)

    def append(self, entry: Entry) -> None:
        """Append an entry. A full log drops its oldest one."""
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, newest last."""
        with self._lock:
            return tuple(self._entries)

    def clear(self) -> None:
        """Remove all entries and set the counts to zero."""
        with self._lock:
            self._entries.clear()
