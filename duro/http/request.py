"""The values that travel through the pipeline: what is asked, what is sent, what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from attrs import field, frozen

from .._secrets import RedactedStr, SecretBytes
from .._version import __version__
from ..config import DEFAULT_ANSWER_BYTES

if TYPE_CHECKING:
    from ..config import RetryPolicy
    from .operation import Operation

__all__ = ["NO_HEADERS", "USER_AGENT", "Authorizer", "Headers", "Invocation", "Request", "Response"]

# What a log, a repr or a traceback may show of a header; of all others it shows the name.
_SHOWN: Final = frozenset(
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
    """Header lines, names in lower case, whose repr shows no secret."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, they may hold a secret")

    def get(self, name: str) -> str | None:
        """Give the first value under a name (in lower case), ``None`` if there is none."""
        wanted = name.encode("ascii")
        for each, value in self:
            if each == wanted:
                return value.decode("latin-1")
        return None

    def credential_headers(self) -> bytes:
        """Give the secret of a credential's one line, the scheme left off; nothing if there is no line."""
        return self[0][1].rpartition(b" ")[2] if self else b""

    def replaced_by(self, others: Headers) -> Headers:
        """Give these lines with others added, which take the place of those of the same name."""
        names = {name for name, _ in others}
        return Headers((*(line for line in self if line[0] not in names), *others))

    def shown(self) -> dict[str, str]:
        """Give what may be shown: every name, and the values of those known to hold no secret."""
        return {name.decode("latin-1"): value.decode("latin-1") if name in _SHOWN else "…" for name, value in self}

    def __repr__(self) -> str:
        return f"Headers({self.shown()})"


NO_HEADERS: Final = Headers()

USER_AGENT: Final = (b"user-agent", f"duro-sdk-python/{__version__}".encode("ascii"))


@frozen
class Request:
    """What a transport sends.

    Attributes:
        method: The HTTP method.
        url: The whole address.
        headers: The header lines.
        content: The body, ``None`` for none.
        timeout: Seconds that any one socket operation may take at most.
        max_response_bytes: How large the answer may be, as it comes and unpacked;
            for a larger one a transport raises ``ResponseTooLargeError``.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers
    content: bytes | None = field(repr=False)
    timeout: float
    max_response_bytes: int = DEFAULT_ANSWER_BYTES


@frozen
class Response:
    """What a transport received.

    Attributes:
        status: The HTTP status.
        headers: The header lines, names in lower case.
        body: The whole body, its content encoding undone.
        attempts: How many times the request was sent until this came.
    """

    status: int
    headers: Headers
    body: bytes = field(converter=SecretBytes)
    attempts: int = 1

    @property
    def request_id(self) -> str | None:
        """What the server called this request, when it said so."""
        return self.headers.get("x-request-id") or self.headers.get("request-id")


class Authorizer(Protocol):
    """Where the pipeline gets the headers that prove who calls."""

    def cached_headers(self) -> Headers | None:
        """Give the headers if they are at hand, without waiting."""
        ...

    async def get_headers(self) -> Headers:
        """Give the headers, waiting for them if that is needed."""
        ...

    def on_unauthorized(self, headers: Headers) -> bool:
        """Learn that the API answered 401 to these headers; say whether others can be had."""
        ...


@frozen
class Invocation:
    """One call of an operation, ready for the pipeline.

    Attributes:
        operation: What is called.
        path: The path with its values in place.
        query: The query string, without the question mark.
        content: The body, the same bytes in every attempt.
        idempotency_key: The key of a mutation, the same in every attempt.
        authorizer: Who calls.
        timeout: The deadline, in seconds from the start.
        retry: How to try again.
        headers: The header lines, but for those that prove who calls.
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
