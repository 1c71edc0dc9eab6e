"""Values that pass through the pipeline: invocations, requests and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from attrs import field, frozen

from .._secrets import RedactedStr, SecretBytes, sanitize
from .._version import __version__
from ..config import DEFAULT_MAX_RESPONSE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import RetryPolicy
    from ..errors import DuroError
    from .operation import Operation

__all__ = ["NO_HEADERS", "USER_AGENT", "Authorizer", "Headers", "Invocation", "Request", "Response"]

MAX_REQUEST_ID_CHARS: Final = 200

# Headers whose values may appear in a log, a repr or a traceback. Of all others only the name appears.
_SAFE_NAMES: Final = frozenset(
    {
        b"accept",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"date",
        b"idempotency-key",
        b"retry-after",
        b"server",
        b"user-agent",
        b"x-request-id",
    }
)


class Headers(tuple[tuple[bytes, bytes], ...]):
    """Header lines with names in lower case. The repr does not show secrets."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, because they may contain a secret")

    def get(self, name: str) -> str | None:
        """Return the first value of a header, or ``None`` without one.

        Args:
            name: Name in lower case.
        """
        encoded = name.encode("ascii")
        for each, value in self:
            if each == encoded:
                return value.decode("latin-1")
        return None

    def extract_secret(self) -> bytes:
        """Return the secret of the first header, without its scheme. Only for the headers of an `Authorizer`."""
        return self[0][1].rpartition(b" ")[2] if self else b""

    def merge(self, others: Headers) -> Headers:
        """Return these headers and others. The others replace headers of the same name."""
        names = {name for name, _ in others}
        return Headers((*(line for line in self if line[0] not in names), *others))

    def to_redacted_dict(self) -> dict[str, str]:
        """Return all names, with ``…`` in place of each value that may contain a secret."""
        return {name.decode("latin-1"): value.decode("latin-1") if name in _SAFE_NAMES else "…" for name, value in self}

    def __repr__(self) -> str:
        return f"Headers({self.to_redacted_dict()})"


NO_HEADERS: Final = Headers()

USER_AGENT: Final = (b"user-agent", f"duro-sdk-python/{__version__}".encode("ascii"))


def _ignore(_is_sent: bool) -> None:
    pass


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
        headers: Header lines with names in lower case.
        body: Decompressed body.
        attempts: Number of times that the request was sent or tried, up to this response.
    """

    status: int
    headers: Headers
    body: bytes = field(converter=SecretBytes)
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
