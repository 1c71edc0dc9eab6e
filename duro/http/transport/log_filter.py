"""Log filter that removes secrets from the records of HTTP libraries, for requests of the SDK only."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["RedactedLogs", "install"]

_LIBRARIES: Final = ("httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "h11", "h2", "hpack", "socksio")
# Their loggers of servers, which write no record of a request that the SDK sends.
_SERVER_LOGGERS: Final = frozenset({"aiohttp.access", "aiohttp.server", "aiohttp.web"})
# Loggers of modules that these libraries may import after the filter was installed.
_LATER_LOGGERS: Final = (
    *_LIBRARIES,
    *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
    *(f"httpcore2.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
    *(f"aiohttp.{name}" for name in ("client", "internal", "websocket")),
    *(f"hpack.{name}" for name in ("hpack", "table")),
)

# True in the task that sends a request of the SDK.
_is_redacted: Final[ContextVar[bool]] = ContextVar("duro_redacted_logs", default=False)

_HIDDEN: Final = "…"
_HIDDEN_MESSAGE: Final = "details of a Duro request are hidden"
_SAFE_WORDS: Final = frozenset(
    {
        *("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"),
        *("HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"),
        *(status.phrase for status in HTTPStatus),
    }
)
# A message of httpcore is "<event> <details>", such as "receive_response_headers.complete return_value=(…)".
_EVENT: Final = re.compile(r"(?P<name>[a-z0-9_]+\.(?:started|complete|failed))(?: |$)")
# Events whose details are addresses and timeouts.
_SAFE_EVENTS: Final = ("connect_tcp.started", "start_tls.started")
_SAFE_DETAILS: Final = {
    "request": re.compile(r" request=(<Request \[b'[A-Z]{1,10}'\]>)"),
    "status": re.compile(r" return_value=\((?:b'HTTP/[0-9.]{1,3}', )?([0-9]{3}),"),
    "exception": re.compile(r" exception=([A-Za-z]{1,50})\("),
}


class RedactedLogs:
    """Context manager for sending one request of the SDK. The first use installs the filter.

    The filter affects records from the task in the ``with`` block. The user's
    own requests stay complete in the logs, also if they use the same client.

    Example:
        >>> with RedactedLogs():
        ...     logging.getLogger("httpx").debug("HTTP Request: %s %s", "GET", "https://api.useduro.com/v1/plans")
    """

    __slots__ = ("_token",)

    _token: Token[bool]

    def __enter__(self) -> None:
        if not _filter.is_installed:
            install()
        self._token = _is_redacted.set(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:  # noqa: SIM105 - suppress() takes longer than the rest
            _is_redacted.reset(self._token)
        except ValueError:
            # The garbage collector ends a coroutine of a finished event loop in another context.
            pass


class _RedactingFilter(logging.Filter):
    """Filter that keeps only the safe parts of a record: event, method, host, status and numbers."""

    is_installed: bool = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record in place, and let it pass.

        Args:
            record: Record of a request of the SDK, or of another request.

        Returns:
            ``True``.
        """
        # HTTP/2 has one table of headers per connection. Records about it can contain headers of other requests.
        if _is_redacted.get() or record.name.startswith("hpack"):
            _redact_record(record)
        return True


_filter: Final = _RedactingFilter()


def install() -> None:
    """Install the filter on the loggers of HTTP libraries.

    Further calls only add loggers that were created since. The filter is the
    first one of each logger, so that filters of the user get redacted records.
    """
    for name in {*_LATER_LOGGERS, *logging.root.manager.loggerDict} - _SERVER_LOGGERS:
        filters = logging.getLogger(name).filters if name.partition(".")[0] in _LIBRARIES else [_filter]
        if _filter not in filters:
            filters.insert(0, _filter)
    _filter.is_installed = True


def _redact_record(record: logging.LogRecord) -> None:
    if not record.args:
        record.msg = _redact_message(str(record.msg))
    elif isinstance(record.args, Mapping):
        record.args = {name: _redact_argument(value) for name, value in record.args.items()}
    else:
        record.args = tuple(_redact_argument(value) for value in record.args)
    # The message of an exception can contain a header.
    record.exc_info = record.exc_text = None


def _redact_message(message: str) -> str:
    event = _EVENT.match(message)
    if event is None:
        return _HIDDEN_MESSAGE
    if event["name"] in _SAFE_EVENTS:
        return message
    # Only at the start of the details, because the rest may be text from the server.
    details = ((name, pattern.match(message, event.end("name"))) for name, pattern in _SAFE_DETAILS.items())
    return " ".join((event["name"], *(f"{name}={found[1]}" for name, found in details if found)))


def _redact_argument(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    # The class URL of httpx, yarl and others.
    if isinstance(value, str) or type(value).__name__ == "URL":
        text = str(value)
        return text if text in _SAFE_WORDS else _redact_url(text)
    return _HIDDEN


def _redact_url(text: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(text)
        if parts.scheme in ("http", "https") and parts.hostname:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{_HIDDEN}"
    return _HIDDEN
