"""Request log: the latest API requests with their contents, and counts of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote_plus

from attrs import field, frozen

from .._secrets import SecretBytes
from ..config import Mode
from ..errors import redact
from .bounded_log import BoundedLog
from .faults.kinds import FaultKind

__all__ = ["MAX_BODY_BYTES", "QUERY_PARAMETERS", "Exchange", "RequestEntry", "RequestLog"]

TOKEN_PATH: Final = "/v1/oauth/token"
# Contents need much more memory than entries: 20 MB at most.
MAX_EXCHANGES: Final = 1000
MAX_BODY_BYTES: Final = 10_000
# The query parameters of the contract. A link of a page has its token in another one.
QUERY_PARAMETERS: Final = frozenset({"cursor", "limit"})
_MASKED: Final = "…"
# Other names could be secrets themselves, such as a token without a name.
_PARAMETER_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,39}")


def _mask_query(query: str) -> str:
    """Mask the values of unknown parameters, which could be tokens and codes, and secrets in the others."""
    return "&".join(map(_mask_parameter, query.split("&"))) if query else ""


def _mask_parameter(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    if not value or not _PARAMETER_NAME.fullmatch(name) or redact(name) != name:
        return _MASKED
    text = unquote_plus(value)
    return parameter if name in QUERY_PARAMETERS and redact(text) == text else f"{name}={_MASKED}"


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
        mode: ``test`` or ``live``.
        query: Query without its question mark. Only ``limit`` and ``cursor`` have their values, without secrets. The
            others are masked.
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
    mode: Mode = "test"
    query: str = field(default="", converter=_mask_query)


@frozen
class Exchange:
    """Contents of an API request and its response, for the dashboard.

    The bodies may contain secrets, which a page masks. They are cut after 10,000 bytes.

    Attributes:
        request_headers: Headers of the request that cannot hold a credential.
        request_body: Start of the body of the request.
        response_headers: Headers of the response that cannot hold a credential.
        response_body: Start of the body of the response.
    """

    request_headers: Mapping[str, str]
    request_body: bytes = field(converter=SecretBytes)
    response_headers: Mapping[str, str]
    response_body: bytes = field(converter=SecretBytes)


class RequestLog(BoundedLog[RequestEntry]):
    """Log of API requests, and their counts.

    Attributes:
        listener: Function that is called with each new entry and the duration of its request in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listener: Callable[[RequestEntry, float], None] | None = None
        self._requests = 0
        self._recorded = 0
        self._token_exchanges = 0
        self._exchanges: dict[str, Exchange] = {}

    @property
    def requests(self) -> int:
        """Number of API requests."""
        return self._requests

    @property
    def recorded(self) -> int:
        """Number of entries so far. A request has one as soon as its response starts, or is discarded."""
        return self._recorded

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
        with self._lock:
            self.append(entry)
            self._recorded += 1
        if self.listener is not None:
            self.listener(entry, elapsed)

    def keep_exchange(self, request_id: str, exchange: Exchange) -> None:
        """Keep the contents of a request, and drop those of the oldest one if there are more than 1,000.

        Args:
            request_id: ``X-Request-Id`` of the response.
            exchange: Contents of the request and its response.
        """
        with self._lock:
            self._exchanges[request_id] = exchange
            if len(self._exchanges) > MAX_EXCHANGES:
                del self._exchanges[next(iter(self._exchanges))]

    def find_exchange(self, request_id: str) -> Exchange | None:
        """Return the contents of a request, or ``None`` if they were dropped.

        Args:
            request_id: ``X-Request-Id`` of the response.
        """
        with self._lock:
            return self._exchanges.get(request_id)

    def clear(self) -> None:
        """Remove all entries and set the counts to zero."""
        with self._lock:
            super().clear()
            self._exchanges.clear()
            self._requests = self._token_exchanges = 0
