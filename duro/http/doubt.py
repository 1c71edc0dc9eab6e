"""Which write is in doubt when its caller leaves, or is left, in the middle of a call."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..errors import OutcomeUnknownError

__all__ = ["Write", "begin_write", "watch_writes"]

_watched: ContextVar[list[Write] | None] = ContextVar("duro_writes", default=None)


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


@contextmanager
def watch_writes() -> Generator[list[Write]]:
    """Gather the writes that begin inside, in this task and in those that it starts.

    Yields:
        A list that grows as they begin.
    """
    writes: list[Write] = []
    token = _watched.set(writes)
    try:
        yield writes
    finally:
        _watched.reset(token)


def begin_write(write: Write) -> None:
    """Hand a write to whoever watches."""
    writes = _watched.get()
    if writes is not None:
        writes.append(write)
