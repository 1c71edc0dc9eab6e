"""Registry of the writes in progress, for callers and programs that end in the middle of a call.

A caller of the blocking client that is interrupted looks up the writes that
its call started. At the end of the program, the writes that are still in
progress are reported: their threads are daemons, and no exception ends them.
"""

from __future__ import annotations

import atexit
import logging
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol
from weakref import ref

if TYPE_CHECKING:
    from ..errors import OutcomeUnknownError

__all__ = ["Write", "Writes", "log_lost_outcome", "register_write", "unregister_write", "watch_writes"]

_logger = logging.getLogger("duro.http")

# A weak reference, because a connection keeps the context in which it was
# opened. A strong one would keep the request bodies of old calls in memory.
_watched: ContextVar[ref[Writes] | None] = ContextVar("duro_writes", default=None)

_in_progress: Final[set[Write]] = set()


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

    def report_lost_outcome(self, cause: str, ending: BaseException | None = None) -> None:
        """Report a write whose caller does not get the outcome, unless it cannot have been processed.

        The first report of a write is logged, as one warning.

        Args:
            cause: Reason why the caller does not get the outcome, as a clause.
            ending: Exception for the caller, which gets a note with the idempotency key.
        """
        ...


class Writes(list[Write]):
    """Writes that were registered in a watched context. They live as long as the caller keeps the list."""

    __slots__ = ("__weakref__",)


def watch_writes() -> Writes:
    """Collect the writes that begin from now on in this context, and in the copies that are made of it.

    This cannot be undone, so the caller must run in a context of its own.

    Returns:
        A list to which each write is added as it begins.
    """
    writes = Writes()
    _watched.set(ref(writes))
    return writes


def register_write(write: Write) -> None:
    """Add a write to those in progress, and to the list of the caller that watches, if there is one."""
    _in_progress.add(write)
    watched = _watched.get()
    writes = None if watched is None else watched()
    if writes is not None:
        writes.append(write)


def unregister_write(write: Write) -> None:
    """Remove a write from those in progress. The list of the caller keeps it."""
    _in_progress.discard(write)


def log_lost_outcome(message: str) -> None:
    """Log a write whose caller does not get the outcome.

    Args:
        message: Description of the write, with its idempotency key.
    """
    _logger.warning("%s", message)


def _report_at_exit() -> None:
    for write in list(_in_progress):
        write.report_lost_outcome("the program ended before the call did")


# Exit callbacks run in reverse order. The portal registers its own later, so its calls are cancelled before this one.
# The module logging registered its callback earlier, so it still works.
atexit.register(_report_at_exit)
if hasattr(os, "register_at_fork"):
    # The writes of the parent process go on there.
    os.register_at_fork(after_in_child=_in_progress.clear)
