"""Ids of the API: a prefix for the kind, and a ULID, so that ids sort by age."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime
from typing import Final

__all__ = ["IdGenerator"]

# Crockford's base 32: I, L, O and U are missing, because people misread them.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 26
RANDOM_BITS: Final = 80


class IdGenerator:
    """Generator of ids that sort in the order of their creation. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def generate(self, prefix: str, created_at: datetime) -> str:
        """Generate an id.

        Args:
            prefix: Kind of object, such as ``plan``.
            created_at: Time that the id contains.

        Returns:
            Prefix, underscore and 26 characters.
        """
        milliseconds = int(created_at.timestamp() * 1000)
        candidate = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
        with self._lock:
            # Random ids of the same millisecond would not sort in the order of creation. The next number does.
            self._last = candidate if milliseconds > self._last >> RANDOM_BITS else self._last + 1
            number = self._last
        return f"{prefix}_{_encode(number)}"

    def reset(self) -> None:
        """Forget the last id. Call it after the clock was set back."""
        with self._lock:
            self._last = 0


def _encode(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
