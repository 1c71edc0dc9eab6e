"""Ids of the API: a prefix for the kind, and a ULID, so that ids sort by age."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

__all__ = ["DerivedIds", "IdGenerator", "IdSource"]

# Crockford's base 32: I, L, O and U are missing, because people misread them.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 26
RANDOM_BITS: Final = 80

# Characters of a derived id: time, digest of its cause, and 3 for its number within its cause.
TIME_CHARACTERS: Final = 10
DIGEST_CHARACTERS: Final = 13

_PAIRS: Final = tuple(first + second for first in ALPHABET for second in ALPHABET)


class IdSource(Protocol):
    """Source of ids for one unit of work."""

    def generate(self, prefix: str, created_at: datetime) -> str:
        """Generate an id."""
        ...


class IdGenerator:
    """Generator of random ids that sort in the order of their creation. It is thread-safe."""

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
        milliseconds = _to_milliseconds(created_at)
        candidate = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
        with self._lock:
            # Random ids of the same millisecond would not sort in the order of creation. The next number does.
            self._last = candidate if milliseconds > self._last >> RANDOM_BITS else self._last + 1
            number = self._last
        return f"{prefix}_{_encode(number, LENGTH)}"

    def reset(self) -> None:
        """Forget the last id. Call it after the clock was set back."""
        with self._lock:
            self._last = 0


class DerivedIds:
    """Ids of one unit of work, as a pure function of its cause.

    A restart or another customer does not change them. Ids of one unit sort in
    the order of their creation.

    Args:
        digest: Number of 128 bits that identifies the cause.
    """

    def __init__(self, digest: int) -> None:
        self._digest = _encode(digest, DIGEST_CHARACTERS)
        self._next = 0
        # All ids of a unit of work have the same time, and differ in their last characters only.
        self._created_at: datetime | None = None
        self._stem = ""

    def generate(self, prefix: str, created_at: datetime) -> str:
        """Generate an id.

        Args:
            prefix: Kind of object, such as ``plan``.
            created_at: Time that the id contains.

        Returns:
            Prefix, underscore and 26 characters.
        """
        number, self._next = self._next, self._next + 1
        if self._created_at is not created_at:
            self._created_at, self._stem = created_at, _encode_time(created_at) + self._digest
        return f"{prefix}_{self._stem}{ALPHABET[number >> 10 & 31]}{_PAIRS[number & 1023]}"


def _to_milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


# Most items of an advance have the time of the one before.
@lru_cache
def _encode_time(moment: datetime) -> str:
    return _encode(_to_milliseconds(moment), TIME_CHARACTERS)


def _encode(number: int, length: int) -> str:
    """Encode the lowest bits of a number, 5 in each character."""
    # Two characters at a time. An odd length cuts the first one off.
    pairs = [_PAIRS[number >> shift & 1023] for shift in range(10 * ((length - 1) // 2), -1, -10)]
    return "".join(pairs)[-length:]
