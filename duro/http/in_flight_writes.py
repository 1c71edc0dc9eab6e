"""Registry of the writes that a caller started, for callers that stop waiting in the middle of a call."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..errors import OutcomeUnknownError

__all__ = ["Write", "Writes", "register_write", "watch_writes"]

# A weak reference, because a connection keeps the context in which it was
# opened. A strong one would keep the request bodies of old calls in memory.
_watched: ContextVar[ref[Writes] | None] = ContextVar("duro_writes", default=None)


class Write(Protocol):
    """Write in progress. All methods are safe to call from any thread."""

    def find_error(self, cause: str) -> OutcomeUnknownError | None:
        """Return the error for a caller that will not get the response.

        Args:
            cause: Reason why the caller stops waiting.

        Returns:
            An error with the idempotency key, or ``None`` if the write cannot have been processed.
        """
        ...


class Writes(list[Write]):
    """Writes that were registered while a caller watched. They live as long as the caller keeps the list."""

    __slots__ = ("__weakref__",)


@contextmanager
def watch_writes() -> Generator[Writes]:
    """Collect the writes that begin inside, in this task and in those that it starts.

    Yields:
        A list to which each write is added as it begins.
    """
    writes = Writes()
    outer, own = _watched.get(), ref(writes)
    _watched.set(own)
    try:
        yield writes
    finally:
        # Not by the token of "set", which another context rejects.
        if _watched.get() is own:
            _watched.set(outer)


def register_write(write: Write) -> None:
    """Add a write to the list of the caller that watches, if there is one."""
    watched = _watched.get()
    writes = None if watched is None else watched()
    if writes is not None:
        writes.append(write)
