"""Values that pass through the pipeline: invocations, requests and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from attrs import field, frozen

from .._checks import check_integer
from .._secrets import RedactedStr, SecretBytes, sanitize
from .._version import __version__
from ..config import DEFAULT_MAX_RESPONSE_BYTES
from ..errors import InvalidArgumentError
from .headers import NO_HEADERS, Headers, HeadersInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import RetryPolicy
    from ..errors import DuroError
    from .operation import Operation

__all__ = ["NO_HEADERS", "USER_AGENT", "Authorizer", "Headers", "Invocation", "Request", "Response"]

MAX_REQUEST_ID_CHARS: Final = 200

USER_AGENT: Final = (b"user-agent", f"duro-sdk-python/{__version__}".encode("ascii"))


def _ignore(_is_sent: bool) -> None:
    pass


def _to_status(status: int) -> int:
    # Each response is checked, so the slower check is only for an error and for a subclass such as HTTPStatus.
    if type(status) is int and 100 <= status <= 999:
        return status
    return check_integer(
        "status", status, minimum=100, maximum=999, advice="pass the HTTP status", error=InvalidArgumentError
    )


def _to_headers(headers: HeadersInput) -> Headers:
    return headers if isinstance(headers, Headers) else Headers(headers)


def _to_body(body: bytes) -> bytes:
    if not isinstance(body, bytes | bytearray | memoryview):
        raise InvalidArgumentError(f"body must be bytes, got {type(body).__name__}; pass the body as received")
    return body if isinstance(body, SecretBytes) else SecretBytes(body)


@frozen
class Request:
    """HTTP request for a transport to send.

    Attributes:
        method: HTTP method.
        url: Absolute URL.
        headers: Header lines.
        content: Body, ``None`` for a request without one.
        timeout: Timeout of each socket operation in seconds.
        max_response_bytes: Size of the response in bytes at most, compressed and
            decompressed. A transport raises ``ResponseTooLargeError`` for a larger one.
        on_send: Function that the SDK's own transports call with ``True`` before the first byte
            may be written, and with ``False`` if it is proven later that none was.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers
    content: bytes | None = field(repr=False)
    timeout: float
    max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES
    on_send: Callable[[bool], None] = field(default=_ignore, repr=False, eq=False)


@frozen
class Response:
    """Complete HTTP response from a transport.

    Attributes:
        status: HTTP status.
        headers: Header lines. Anything that `Headers` accepts is converted.
        body: Decompressed body.
        attempts: Number of times that the request was sent or tried, up to this response.

    Raises:
        InvalidArgumentError: An argument has another type or an invalid value.

    Example:
        >>> Response(200, {"Content-Type": "application/json"}, b"{}")
        Response(status=200, headers=Headers({'content-type': 'application/json'}), body=<2 bytes>, attempts=1)
    """

    status: int = field(converter=_to_status)
    headers: Headers = field(converter=_to_headers)
    body: bytes = field(converter=_to_body)
    attempts: int = 1

    @property
    def request_id(self) -> str | None:
        """Id that the server gave to the request, as printable text. ``None`` without one."""
        value = self.headers.get("x-request-id") or self.headers.get("request-id")
        return None if value is None else sanitize(value, max_chars=MAX_REQUEST_ID_CHARS)


class Authorizer(Protocol):
    """Source of the headers that authenticate a request."""

    def cached_headers(self) -> Headers | None:
        """Return the headers if they are available without waiting, else ``None``."""
        ...

    async def get_headers(self) -> Headers:
        """Return the headers. This may wait for a token exchange."""
        ...

    def on_unauthorized(self, headers: Headers) -> bool:
        """Handle a 401 response.

        Args:
            headers: Headers that the API rejected.

        Returns:
            Whether the authorizer can provide other headers.
        """
        ...

    def on_accepted(self, headers: Headers) -> None:
        """Handle a successful response.

        Args:
            headers: Headers that the API accepted.
        """
        ...

    def choose_delay(self, error: DuroError) -> float | None:
        """Return the seconds until `get_headers` may succeed.

        Args:
            error: Error that `get_headers` raised.

        Returns:
            Seconds, or ``None`` if a wait does not help.
        """
        ...


@frozen
class Invocation:
    """One call of an operation, ready for the pipeline.

    Attributes:
        operation: Operation to call.
        path: Path with its parameters filled in.
        query: Query string without the question mark.
        content: Body. All attempts send the same bytes.
        idempotency_key: Idempotency key of a mutation. All attempts send the same key.
        authorizer: Source of the headers that authenticate the call.
        timeout: Deadline in seconds from the start of the call.
        retry: Retry policy.
        headers: Header lines, except for those from the authorizer.
    """

    operation: Operation
    path: str = field(converter=RedactedStr)
    authorizer: Authorizer
    timeout: float
    retry: RetryPolicy
    query: str = field(default="", repr=False)
    content: bytes | None = field(default=None, repr=False)
    idempotency_key: str | None = None
    headers: Headers = NO_HEADERS

    @property
    def is_idempotent(self) -> bool:
        """Whether the server may receive the call twice, because it is a read or has an idempotency key."""
        return self.idempotency_key is not None or not self.operation.is_mutation
