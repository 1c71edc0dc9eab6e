"""Records of calls: ``capture``."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import ref

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

__all__ = ["Call", "capture", "is_capturing", "record_call"]

# Weak references, because a context can outlive a capture that ended in another one.
_captures: ContextVar[tuple[ref[_Calls], ...]] = ContextVar("duro_captures", default=())


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


class _Calls(list[Call]):
    """Records of one capture."""

    __slots__ = ("__weakref__",)


@contextmanager
def capture() -> Generator[list[Call]]:
    """Record every call made inside, in this task, in tasks that it starts, and through the blocking client.

    In a generator, the block records the calls of the context in which it began. The generator may end in another one.

    Yields:
        A list to which each call is added when it ends, also when it fails.

    Example:
        >>> with capture() as calls:
        ...     pass
        >>> calls
        []
    """
    calls = _Calls()
    own = ref(calls)
    _captures.set((*(each for each in _captures.get() if each() is not None), own))
    try:
        yield calls
    finally:
        # Not by the token of "set", which another context rejects. It would also remove captures that began later.
        _captures.set(tuple(each for each in _captures.get() if each is not own))


def is_capturing() -> bool:
    """Return whether the current context records calls."""
    return any(each() is not None for each in _captures.get())


def record_call(call: Call) -> None:
    """Add a finished call to the lists of all captures of the current context."""
    for each in _captures.get():
        calls = each()
        if calls is not None:
            calls.append(call)
