"""Conversion and descriptions of network errors, and removal of frames that hold secrets."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Final, cast

from ..._secrets import sanitize
from . import RequestNotSentError, ResponseLostError, SendError
from .log_filter import RedactedLogs
from .tls import describe_tls_error, is_certificate_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ..request import Response

__all__ = ["convert_errors", "describe", "is_permanent", "iterate_chain", "remove_library_frames"]

MAX_TEXT_CHARS: Final = 300

# Their frames have requests, header lines or addresses as locals.
_LIBRARIES: Final = frozenset(
    {"aiohttp", "anyio", "asyncio", "h11", "h2", "hpack", "httpcore", "httpcore2"}
    | {"duro", "httpx", "httpx2", "httpx_aiohttp", "socksio", "trio", "truststore", "yarl"}
    | sys.stdlib_module_names
)

# They ask the caller to read or write more, and are in the context of an error that occurs while it does so.
_SIGNALS: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


async def convert_errors(
    sending: Awaitable[Response],
    *,
    is_sent: Callable[[Exception], bool],
    keep: tuple[type[Exception], ...] = (),
) -> Response:
    """Wait for a response, and convert any exception to a `SendError` whose cause it becomes.

    Args:
        sending: Request in progress.
        is_sent: Function that returns whether a byte may have been written before an exception.
        keep: Classes of exceptions that are raised as they are.

    Returns:
        The response.

    Raises:
        SendError: An exception was raised, and is the cause.
        BaseException: An exception of ``keep``, or one that is not an ``Exception``. No frame has a secret.
    """
    failure: BaseException
    try:
        with RedactedLogs():
            return await sending
    except Exception as error:  # noqa: BLE001 - libraries, hooks and transports of the user raise any class
        is_kept = isinstance(error, (SendError, *keep))
        failure = error.with_traceback(None) if is_kept else _to_send_error(error, is_sent=is_sent(error))
    except BaseException as error:  # noqa: BLE001 - raised below
        failure = remove_library_frames(error)
    # Raised here, so that no __context__ leads to the request.
    try:
        raise failure
    finally:
        # The traceback refers to this frame. Without this line, error and frame would keep each other alive.
        del failure


def _to_send_error(error: Exception, *, is_sent: bool) -> SendError:
    kind = ResponseLostError if is_sent else RequestNotSentError
    failure = kind(describe(error), is_permanent=is_permanent(error))
    failure.__cause__ = remove_library_frames(error)
    return failure


def describe(error: BaseException) -> str:
    """Return the text for an error of a connection, the same on all event loops.

    Args:
        error: Error, usually of an HTTP library.

    Returns:
        Class of the error, and the text of its root cause. It contains no secret.
    """
    name = type(error).__name__
    text = _find_text(error)
    return f"{name}: {text}" if text else name


def is_permanent(error: BaseException) -> bool:
    """Return whether a retry would fail in the same way, as with a certificate that is not trusted."""
    return any(is_certificate_error(each) or _is_refusal_of_proxy(each) for each in iterate_chain(error))


def iterate_chain(error: BaseException) -> Iterator[BaseException]:
    """Iterate over an error, its causes and contexts, and the members of groups. The first is the error itself."""
    pending = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            members: tuple[BaseException, ...] = cast("BaseExceptionGroup[BaseException]", each).exceptions
            pending.extend(reversed(members))
        pending.extend(linked for linked in (each.__context__, each.__cause__) if linked is not None)


def remove_library_frames(error: BaseException) -> BaseException:
    """Remove the frames of libraries and of this package from the tracebacks of an error and its causes.

    All others stay. They belong to the user, for example to a hook or a transport.

    Args:
        error: Error to change.

    Returns:
        The error.
    """
    for each in iterate_chain(error):
        frames = list(_iterate_user_frames(each.__traceback__))
        kept: TracebackType | None = None
        for frame in reversed(frames):
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
        each.__traceback__ = kept
    return error


def _iterate_user_frames(frame: TracebackType | None) -> Iterator[TracebackType]:
    while frame is not None:
        package = str(frame.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _LIBRARIES:
            yield frame
        frame = frame.tb_next


def _is_refusal_of_proxy(error: BaseException) -> bool:
    # The text is the status of the proxy's response to CONNECT, such as "407 Proxy Authentication Required".
    return type(error).__name__ == "ProxyError" and str(error).startswith("4")


def _find_text(error: BaseException) -> str:
    chain = [each for each in iterate_chain(error) if not isinstance(each, _SIGNALS)]
    for each in chain:
        # Classes of aiohttp derive from those of ssl, without their attributes.
        if isinstance(each, ssl.SSLError) and type(each).__module__ == "ssl":
            return describe_tls_error(each)
        if isinstance(each, socket.gaierror):
            return "the host name could not be resolved"
    for each in chain:
        if isinstance(each, OSError) and each.errno is not None:
            return _describe_os_error(each.errno)
    return next((text for each in chain if (text := _clean(each))), "")


def _clean(error: BaseException) -> str:
    # h11 repeats header lines of the server, which may contain a cookie.
    return sanitize(str(error).partition(": bytearray(")[0], max_chars=MAX_TEXT_CHARS)


def _describe_os_error(number: int) -> str:
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many open files; close unused connections, or raise the limit of open files (ulimit -n)"
    return os.strerror(number)
