"""Descriptions of network errors, and removal of tracebacks that hold secrets."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING, Final, cast

from ..._secrets import sanitize
from .tls import describe_tls_error, is_certificate_error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["describe", "is_permanent", "iterate_chain", "remove_library_frames"]

MAX_TEXT_CHARS: Final = 300

# Their frames have requests, header lines or addresses as locals.
_LIBRARIES: Final = frozenset(
    {"aiohttp", "anyio", "asyncio", "h11", "h2", "hpack", "httpcore", "httpcore2"}
    | {"duro", "httpx", "httpx2", "httpx_aiohttp", "trio"}
)

# They ask the caller to read or write more, and are in the context of an error that occurs while it does so.
_SIGNALS: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


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
    """Remove the frames of this package and of HTTP libraries from the tracebacks of an error and its causes.

    The frames below them stay. They belong to the user, for example to a hook.

    Args:
        error: Error to change.

    Returns:
        The error.
    """
    for each in iterate_chain(error):
        frames = kept = each.__traceback__
        while frames is not None:
            package = str(frames.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
            frames, is_library = frames.tb_next, package in _LIBRARIES
            if is_library:
                kept = frames
        each.__traceback__ = kept
    return error


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
