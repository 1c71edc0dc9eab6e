"""What was delivered: a bounded log of the attempts, and a count."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from attrs import field, frozen

from ...errors import redact

__all__ = ["Deliveries", "Delivery"]

LONGEST: Final = 10_000


@frozen
class Delivery:
    """One attempt to deliver an event to an endpoint.

    Attributes:
        event_id: The event, as ``Duro-Event-Id`` names it.
        event_type: What happened, such as ``subscription_paused``.
        endpoint_id: The endpoint.
        url: Its address.
        attempt: 1 for the first attempt, and at most 7.
        status: The status that the endpoint answered; ``None`` if no whole answer came.
        failure: Why the attempt failed; ``None`` after a 2xx.
        retry_at: When the next attempt is due, by the sandbox's clock; ``None`` if there is none, because this one
            was delivered or was the last.
        at: The sandbox's time when it ended, as the API writes it.
    """

    event_id: str
    event_type: str
    endpoint_id: str
    # Secrets do not belong in an address, but people put them there.
    url: str = field(converter=redact)
    attempt: int
    status: int | None
    failure: str | None
    retry_at: str | None
    at: str


class Deliveries:
    """Counts and remembers attempts; any thread may read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Delivery] = deque(maxlen=LONGEST)
        self._delivered = 0

    @property
    def delivered(self) -> int:
        """How many attempts were answered with a 2xx."""
        return self._delivered

    def note(self, delivery: Delivery) -> None:
        """Remember an attempt; the oldest one gives way when the log is full."""
        with self._lock:
            self._entries.append(delivery)
            self._delivered += delivery.failure is None

    def entries(self) -> tuple[Delivery, ...]:
        """List the remembered attempts, newest last."""
        with self._lock:
            return tuple(self._entries)

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._delivered = 0
