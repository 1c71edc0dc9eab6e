"""Start of the portal's thread: checks before it, and the errors of a start that failed."""

from __future__ import annotations

import copy
import socket
from contextlib import ExitStack
from typing import Final

from ..errors import ClientClosedError, ConfigurationError, ConnectionFailedError, DuroError

__all__ = ["check_descriptors", "copy_start_error", "to_start_error"]

# An event loop of uvloop opens seven descriptors, and a connection one more. Each pair has two.
RESERVED_PAIRS: Final = 5


def check_descriptors() -> None:
    """Check that the process can open the file descriptors of an event loop.

    uvloop ends the whole process if it cannot open them.

    Raises:
        OSError: The process has too few descriptors left.
    """
    with ExitStack() as opened:
        for _ in range(RESERVED_PAIRS):
            for end in socket.socketpair():
                opened.enter_context(end)


def to_start_error(error: BaseException) -> BaseException:
    """Convert an exception of the start to the error of the calls that waited for it.

    Args:
        error: Exception of the thread or of the event loop.

    Returns:
        An error of the SDK for a limit of the process or of the interpreter, otherwise the same exception.
    """
    reason = str(error)
    if isinstance(error, OSError):
        return ConnectionFailedError(
            f"the event loop of the blocking client could not start ({error.strerror or reason}); nothing was sent; "
            "close files and connections, or raise the limit of open files, and repeat the call"
        )
    if not isinstance(error, RuntimeError):
        return error
    if "shutdown" in reason:
        return ClientClosedError(
            "the blocking client cannot start after the main thread has ended; make its first call earlier, or "
            "join the thread in the main thread"
        )
    if "daemon threads" in reason or "subinterpreters" in reason:
        return ConfigurationError(
            "the blocking client cannot start in a subinterpreter, which does not allow daemon threads; use "
            "AsyncDuro, or call from the main interpreter"
        )
    if "start new thread" in reason:
        return ConnectionFailedError(
            "the thread of the blocking client could not start, because the process has too many threads; nothing "
            "was sent; end threads, or raise the limit, and repeat the call"
        )
    return error


def copy_start_error(error: BaseException) -> BaseException:
    """Return an error of the SDK as a new exception, because each raise adds to the traceback.

    Args:
        error: Error that several callers get.
    """
    return copy.copy(error) if isinstance(error, DuroError) else error
