"""What reached the server: a bounded log of requests, and counts."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from attrs import field, frozen

from ...errors import redact

__all__ = ["RequestEntry", "RequestLog"]

LONGEST: Final = 10_000
TOKEN_ENDPOINT: Final = "/v1/oauth/token"


@frozen
class RequestEntry:
    """One API request and how it was answered; no header or body is kept, so no credential is.

    Attributes:
        method: The HTTP method.
        path: The path without the query.
        status: The status of the answer.
        idempotency_key: The key that the caller sent, if any.
        request_id: The ``X-Request-Id`` of the answer.
        at: The sandbox's time at the start, as the API writes it.
    """

    method: str
    # Secrets do not belong in a path, but people put them there.
    path: str = field(converter=redact)
    status: int
    idempotency_key: str | None
    request_id: str
    at: str


class RequestLog:
    """Counts and remembers requests; any thread may read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[RequestEntry] = deque(maxlen=LONGEST)
        self._requests = 0
        self._token_exchanges = 0

    @property
    def requests(self) -> int:
        """How many API requests came in."""
        return self._requests

    @property
    def token_exchanges(self) -> int:
        """How many of them were a ``POST /v1/oauth/token``, refused ones among them."""
        return self._token_exchanges

    def count(self, method: str, path: str) -> None:
        """Count a request as soon as it is there, whatever becomes of it."""
        with self._lock:
            self._requests += 1
            self._token_exchanges += method == "POST" and path == TOKEN_ENDPOINT

    def note(self, entry: RequestEntry) -> None:
        """Remember an answered request; the oldest one gives way when the log is full."""
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> tuple[RequestEntry, ...]:
        """List the remembered requests, newest last."""
        with self._lock:
            return tuple(self._entries)

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._requests = self._token_exchanges = 0
