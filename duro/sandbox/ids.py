"""Identifiers: a prefix that tells the kind, and a ULID that tells the age."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime
from typing import Final

__all__ = ["IdGenerator"]

# Crockford's base 32: no I, L, O or U, which people misread.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 26
RANDOM_BITS: Final = 80


class IdGenerator:
    """Makes identifiers that sort in the order in which they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def make(self, prefix: str, moment: datetime) -> str:
        """Make an identifier.

        Args:
            prefix: What it names, such as ``plan``.
            moment: The time it bears.

        Returns:
            Prefix, underscore and 26 characters.
        """
        milliseconds = int(moment.timestamp() * 1000)
        fresh = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
        with self._lock:
            # Within a millisecond, counting up keeps lists in the order of creation, which chance would not.
            self._last = fresh if milliseconds > self._last >> RANDOM_BITS else self._last + 1
            number = self._last
        return f"{prefix}_{_written(number)}"

    def reset(self) -> None:
        """Forget the last identifier, after the clock was set back."""
        with self._lock:
            self._last = 0


def _written(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
