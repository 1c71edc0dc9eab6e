"""Notices: sentences about what a form has done, each shown once on the page that follows it."""

from __future__ import annotations

import secrets
import threading
from typing import Final

__all__ = ["Notices"]

MAX_NOTICES: Final = 100


class Notices:
    """Notices that were not shown yet. Any thread may use them.

    The address of a page contains the key of a notice and not its text. A link
    therefore cannot put a text of its own on a page.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}

    def add(self, text: str) -> str:
        """Store a notice and return its key. The oldest one is dropped if there are too many."""
        key = secrets.token_urlsafe(6)
        with self._lock:
            self._texts[key] = text
            if len(self._texts) > MAX_NOTICES:
                del self._texts[next(iter(self._texts))]
        return key

    def take(self, key: str) -> str:
        """Return the notice with a key, and drop it. Return an empty string for an unknown key."""
        with self._lock:
            return self._texts.pop(key, "")
