"""What can be seen of a call: one log line an attempt, and the records of :func:`capture`."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from .operation import Operation

__all__ = ["Call", "capture", "log_attempt", "record"]

_logger = logging.getLogger("duro.http")

_captures: ContextVar[tuple[list[Call], ...]] = ContextVar("duro_captures", default=())


@frozen
class Call:
    """What the wire said of one call.

    Attributes:
        operation: The contract's ``operationId``, or method and path of ``client.request``.
        status: The HTTP status of the last attempt, ``None`` when no answer came.
        headers: The answer's headers; those that may hold a secret show ``…``.
        request_id: What the server called the request, when it said so.
        attempts: How many times it was sent.
        idempotency_key: The key it travelled under, ``None`` for a read.
        elapsed: Seconds from the call to its end.
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
    """Record every call made inside, in this task, in those it starts, and through the blocking client.

    Yields:
        A list that grows as calls end, failed ones included.

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


def capturing() -> bool:
    """Tell whether anybody records."""
    return bool(_captures.get())


def record(call: Call) -> None:
    """Hand a finished call to whoever records."""
    for calls in _captures.get():
        calls.append(call)


def log_attempt(operation: Operation, *, attempt: int, outcome: object, request_id: str | None) -> None:
    """Log one attempt: the operation's name and path template, never values, headers or bodies."""
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
