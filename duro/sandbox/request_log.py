"""Request log: the latest API requests, and counts of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import field, frozen

from ..errors import redact
from .bounded_log import BoundedLog
from .faults.kinds import FaultKind

__all__ = ["RequestEntry", "RequestLog"]

TOKEN_PATH: Final = "/v1/oauth/token"


@frozen
class RequestEntry:
    """API request and the status of its response. Headers and bodies contain credentials, so they are left out.

    The status is that of the API, also if a fault replaced the response.

    Attributes:
        method: HTTP method.
        path: Path without the query.
        status: HTTP status of the response. ``None`` if a fault discarded the request.
        idempotency_key: Idempotency key of the request, if any.
        request_id: ``X-Request-Id`` of the response.
        at: Sandbox time at the start of the request, in the API's format.
        fault: Kind of the fault that was applied, such as ``reset_after``, if any.
        delivery_id: Id of the delivery whose handler sent the request, if any.
        event_ids: Ids of the events that the request caused.
    """

    method: str
    # Secrets do not belong in a path, but users put them there.
    path: str = field(converter=redact)
    status: int | None
    idempotency_key: str | None
    request_id: str
    at: str
    fault: FaultKind | None = None
    delivery_id: int | None = None
    event_ids: tuple[str, ...] = ()


class RequestLog(BoundedLog[RequestEntry]):
    """Log of API requests, and their counts.

    Attributes:
        listener: Function that is called with each new entry and the duration of its request in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listener: Callable[[RequestEntry, float], None] | None = None
        self._requests = 0
        self._token_exchanges = 0

    @property
    def requests(self) -> int:
        """Number of API requests."""
        return self._requests

    @property
    def token_exchanges(self) -> int:
        """Number of ``POST /v1/oauth/token`` requests, rejected ones included."""
        return self._token_exchanges

    def count(self, method: str, path: str) -> None:
        """Count a request at its start, so that requests without a response count too."""
        with self._lock:
            self._requests += 1
            self._token_exchanges += method == "POST" and path == TOKEN_PATH

    def record(self, entry: RequestEntry, elapsed: float) -> None:
        """Append an entry, and pass it to the listener.

        Args:
            entry: Entry of the request.
            elapsed: Duration of the request in seconds.
        """
        self.append(entry)
        if self.listener is not None:
            self.listener(entry, elapsed)

    def clear(self) -> None:
        """Remove all entries and set the counts to zero."""
        with self._lock:
            super().clear()
            self._requests = self._token_exchanges = 0
