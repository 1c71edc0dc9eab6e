"""Which write is in doubt when its caller leaves, or is left, in the middle of a call."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..errors import OutcomeUnknownError

__all__ = ["Write", "Writes", "begin_write", "watch_writes"]

# A weak reference: a connection keeps the context in which it was opened, and with it the bodies of old calls.
_watched: ContextVar[ref[Writes] | None] = ContextVar("duro_writes", default=None)


class Write(Protocol):
    """A write under way, which any thread may ask at any time."""

    def doubt(self, cause: str) -> OutcomeUnknownError | None:
        """Say what its caller has to be told who never sees an answer.

        Args:
            cause: Why he never sees one.

        Returns:
            An error with the key under which to ask, ``None`` if nothing can have happened.
        """
        ...


class Writes(list[Write]):
    """What one watcher has gathered; it lives as long as he holds it."""

    __slots__ = ("__weakref__",)


@contextmanager
def watch_writes() -> Generator[Writes]:
    """Gather the writes that begin inside, in this task and in those that it starts.

    Yields:
        A list that grows as they begin.
    """
    writes = Writes()
    token = _watched.set(ref(writes))
    try:
        yield writes
    finally:
        _watched.reset(token)


def begin_write(write: Write) -> None:
    """Hand a write to whoever watches."""
    watched = _watched.get()
    writes = None if watched is None else watched()
    if writes is not None:
        writes.append(write)
