"""Observation of calls: one log line per attempt, and the records of :func:`capture`."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from .operation import Operation

__all__ = ["Call", "capture", "is_capturing", "log_attempt", "record_call"]

_logger = logging.getLogger("duro.http")

_captures: ContextVar[tuple[list[Call], ...]] = ContextVar("duro_captures", default=())


@frozen
class Call:
    """Record of one call, with the request and response as sent and received.

    Attributes:
        operation: ``operationId`` of the contract, or ``request`` and the method for ``client.request``.
        status: HTTP status of the last attempt, ``None`` if it got no response.
        headers: Response headers. The value of each header that may contain a secret is ``…``.
        request_id: Id that the server gave to the request, ``None`` without one.
        attempts: Number of times that the request was sent or tried.
        idempotency_key: Idempotency key of the call, ``None`` for a read.
        elapsed: Duration of the call in seconds.
    """

    operation: str
    status: int | None
    headers: Mapping[str, str]
    request_id: str | None
    attempts: int
    idempotency_key: str | None
    elapsed: float


@contextmanager
def capture() -> Generator[list[Call]]:
    """Record every call made inside, in this task, in tasks that it starts, and through the blocking client.

    Yields:
        A list to which each call is added when it ends, also when it fails.

    Example:
        >>> with capture() as calls:
        ...     pass
        >>> calls
        []
    """
    calls: list[Call] = []
    token = _captures.set((*_captures.get(), calls))
    try:
        yield calls
    finally:
        _captures.reset(token)


def is_capturing() -> bool:
    """Return whether the current context records calls."""
    return bool(_captures.get())


def record_call(call: Call) -> None:
    """Add a finished call to the lists of all captures of the current context."""
    for calls in _captures.get():
        calls.append(call)


def log_attempt(operation: Operation, *, attempt: int, outcome: object, request_id: str | None) -> None:
    """Log one attempt with the operation's name and path template, without values, headers or bodies."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug(
            "%s (%s %s) attempt %d: %s%s",
            operation.id,
            operation.method,
            operation.path,
            attempt,
            outcome,
            f" request {request_id}" if request_id else "",
        )
