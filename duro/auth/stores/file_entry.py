"""Content of a token file: the token and the lease of one key, and the clock that counts them.

All processes of a machine have the same monotonic clock, but it restarts at each boot, and it does not count the sleep
of a laptop. A file therefore holds the boot, and the readings of both clocks. The time since then is the larger
difference. After a boot, the token and the lease have ended. If the system time is set forward, they end early. Both
cost one exchange.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

from ..._checks import is_integer, is_number
from ..._json_types import as_object
from ..token import ClockReading
from .protocol import StoredToken

if TYPE_CHECKING:
    from ..._clock import Clock

__all__ = ["FileEntry", "FileTimer", "MachineClock"]

_FORMAT: Final = 1
# A rejected value is replaced by the next exchange. Until then, each read may return it.
_INVALID_SECONDS: Final = 1.0
# The start is enough to reject it. An entry with all of it could be too long for the next read.
_MAX_INVALID_BYTES: Final = 1_024


@frozen
class MachineClock:
    """Clock of one machine between two boots.

    Attributes:
        boot: Identifier of the boot.
        reading: Readings of its two clocks.
    """

    boot: str
    reading: ClockReading

    @classmethod
    def read(cls, clock: Clock, boot: str) -> MachineClock:
        """Read the clock."""
        return cls(boot, ClockReading.read(clock))


@frozen
class FileTimer:
    """Time limit in a file.

    Attributes:
        began: Clock at the start.
        seconds: Length in seconds.
    """

    began: MachineClock
    seconds: float

    def remaining(self, now: MachineClock) -> float:
        """Return the seconds that are left, 0 after the end or after a boot."""
        monotonic = now.reading.monotonic - self.began.reading.monotonic
        if self.began.boot != now.boot or monotonic < 0:
            return 0.0
        return max(0.0, self.seconds - max(monotonic, now.reading.wall - self.began.reading.wall))

    def to_json(self) -> list[Any]:
        """Return the values as JSON."""
        reading = self.began.reading
        return [self.began.boot, reading.monotonic, reading.wall, self.seconds]

    @classmethod
    def from_json(cls, values: Any) -> FileTimer:
        """Create a time limit from JSON. Raises ``ValueError`` if it is malformed."""
        boot, *numbers = values
        if not (isinstance(boot, str) and len(numbers) == 3 and all(map(is_number, numbers))):
            raise ValueError("a time limit is malformed")
        monotonic, wall, seconds = map(float, numbers)
        return cls(MachineClock(boot, ClockReading(monotonic, wall)), seconds)


@frozen
class FileEntry:
    """Token and lease of one key.

    Attributes:
        generation: Generation of the latest token, also of a discarded one.
        payload: Encrypted token, or the start of a file that cannot be parsed.
        lifetime: Lifetime of the token, ``None`` without a token.
        owner: Owner of the lease.
        lease: Time limit of the lease, ``None`` without a lease.
    """

    generation: int = 0
    payload: bytes = field(default=b"", repr=False)
    lifetime: FileTimer | None = None
    owner: str = ""
    lease: FileTimer | None = None

    def token(self, now: MachineClock) -> StoredToken | None:
        """Return the token, ``None`` without a valid one."""
        remaining = 0.0 if self.lifetime is None else self.lifetime.remaining(now)
        return StoredToken(self.payload, self.generation, remaining) if remaining > 0 else None

    def is_leased(self, now: MachineClock) -> bool:
        """Return whether any owner holds the lease."""
        return self.lease is not None and self.lease.remaining(now) > 0

    def is_leased_by(self, owner: str, now: MachineClock) -> bool:
        """Return whether an owner holds the lease."""
        return self.owner == owner and self.is_leased(now)

    def with_lease(self, owner: str, lease: FileTimer) -> FileEntry:
        """Return a copy with a new lease."""
        return evolve(self, owner=owner, lease=lease)

    def without_lease(self) -> FileEntry:
        """Return a copy without a lease."""
        return evolve(self, owner="", lease=None)

    def with_token(self, payload: bytes, lifetime: FileTimer) -> FileEntry:
        """Return a copy with the next token and without a lease."""
        return FileEntry(self.generation + 1, payload, lifetime)

    def without_token(self) -> FileEntry:
        """Return a copy without the token."""
        return evolve(self, payload=b"", lifetime=None)

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        document = {
            "format": _FORMAT,
            "generation": self.generation,
            "payload": b64encode(self.payload).decode("ascii"),
            "lifetime": None if self.lifetime is None else self.lifetime.to_json(),
            "owner": self.owner,
            "lease": None if self.lease is None else self.lease.to_json(),
        }
        return json.dumps(document).encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes, now: MachineClock) -> FileEntry:
        """Parse the content of a file.

        Args:
            content: Content, which may be anything.
            now: Present time.

        Returns:
            The entry. The payload is the start of the content if that is malformed. The client rejects and replaces it.
        """
        try:
            return cls._parse(as_object(json.loads(content)))
        except (ValueError, TypeError, RecursionError):
            return cls(payload=content[:_MAX_INVALID_BYTES], lifetime=FileTimer(now, _INVALID_SECONDS))

    @classmethod
    def _parse(cls, document: dict[str, Any]) -> FileEntry:
        generation, owner = document.get("generation"), document.get("owner")
        if document.get("format") != _FORMAT or not is_integer(generation) or not isinstance(owner, str):
            raise ValueError("the file has another format")
        lifetime, lease = document.get("lifetime"), document.get("lease")
        return cls(
            generation,
            b64decode(document.get("payload", ""), validate=True),
            None if lifetime is None else FileTimer.from_json(lifetime),
            owner,
            None if lease is None else FileTimer.from_json(lease),
        )
