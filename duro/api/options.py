"""Options that every method accepts, and options of a client's copies."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypedDict

from ..errors import InvalidArgumentError, redact
from ..http.request import Headers

if TYPE_CHECKING:
    from ..auth.credentials import Credential, SupportsCredential
    from ..config import RetryPolicy
    from ..http.operation import Operation

__all__ = [
    "CallOptions",
    "ClientOptions",
    "check_headers",
    "check_idempotency_key",
    "resolve_idempotency_key",
]


class CallOptions(TypedDict, total=False):
    """Per-call options, keyword arguments of every method.

    Attributes:
        timeout: Deadline of the call in seconds. It covers the token exchange, all attempts and the waits between them.
        idempotency_key: Key of a mutation: 1 to 255 visible ASCII characters. A new UUID if left out.
            Operations that only read do not accept it.
        headers: Additional headers of the request. They override the client's ``headers``.
        credential: Credential to use instead of the client's. It must belong to the same mode.
    """

    timeout: float
    idempotency_key: str
    headers: Mapping[str, str]
    credential: Credential | SupportsCredential | str


class ClientOptions(TypedDict, total=False):
    """Options of a client's copy, keyword arguments of ``with_options``.

    Attributes:
        timeout: Deadline of each call in seconds.
        retries: Maximum number of retries of each call, or a ``RetryPolicy``.
        headers: Additional headers of each request.
        credential: Credential of each call. It must belong to the same mode.
    """

    timeout: float
    retries: int | RetryPolicy
    headers: Mapping[str, str]
    credential: Credential | SupportsCredential | str


_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
_RESERVED_ADVICE: Final = {
    "authorization": "use credential= instead",
    "idempotency-key": "use idempotency_key= instead",
    "proxy-authorization": "configure the proxy instead",
    "x-portal-session": "use credential= instead",
}
# Headers of the client itself, and headers that change how the connection or the body is read.
_RESERVED_HEADERS: Final = frozenset(
    {
        *_RESERVED_ADVICE,
        *("accept", "accept-encoding", "content-length", "content-type", "host", "transfer-encoding"),
        *("connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"),
    }
)


def check_idempotency_key(key: str) -> str:
    """Check an idempotency key.

    Raises:
        InvalidArgumentError: It is not a string of 1 to 255 visible ASCII characters.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        received = "a different string" if isinstance(key, str) else type(key).__name__
        raise InvalidArgumentError(
            f"idempotency_key must be 1 to 255 visible ASCII characters, got {received}; pass for example str(uuid4())"
        )
    return key


def check_headers(headers: Mapping[str, str]) -> Headers:
    """Check additional headers and convert them to header lines.

    Raises:
        InvalidArgumentError: A name or value is not valid in a header, or the client sets the header itself.
    """
    if not isinstance(headers, Mapping):
        raise InvalidArgumentError(f"headers must be a mapping, got {type(headers).__name__}; pass a dict of strings")
    lines: list[tuple[bytes, bytes]] = []
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError("headers must have valid header names; use letters, digits and hyphens")
        if name.lower() in _RESERVED_HEADERS:
            advice = _RESERVED_ADVICE.get(name.lower(), "leave it out")
            raise InvalidArgumentError(f"headers must not contain {name}, which the client sets; {advice}")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            received = "other characters or spaces around it" if isinstance(value, str) else type(value).__name__
            # The name is masked, because a secret may have been passed as the name.
            raise InvalidArgumentError(
                f"the header {redact(name)} must have a value of printable ASCII text, got {received}; "
                "strip or encode the value"
            )
        lines.append((name.lower().encode("ascii"), value.encode("ascii")))
    return Headers.from_lines(lines)


def resolve_idempotency_key(operation: Operation, options: CallOptions) -> str | None:
    """Return the idempotency key of a call: the one of the options, or a new one.

    Args:
        operation: Operation of the call.
        options: Per-call options.

    Returns:
        The key, ``None`` for a read.

    Raises:
        InvalidArgumentError: The key is invalid, or was passed to a read.
    """
    if not operation.is_mutation:
        if "idempotency_key" in options:
            raise InvalidArgumentError(
                f"idempotency_key must not be passed to {operation.id}, which only reads; leave it out"
            )
        return None
    return check_idempotency_key(options["idempotency_key"]) if "idempotency_key" in options else str(uuid.uuid4())
