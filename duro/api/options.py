"""What may be said with every call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypedDict

from ..config import seconds
from ..errors import InvalidArgumentError
from ..http.request import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..auth.credentials import Credential
    from ..config import RetryPolicy

__all__ = ["CallOptions", "ClientOptions", "check_headers", "check_idempotency_key", "check_names", "check_timeout"]


class CallOptions(TypedDict, total=False):
    """The options of every method.

    Attributes:
        timeout: The call's deadline in seconds: token, attempts and waits together.
        idempotency_key: The key to send a mutation under, instead of a new one.
        headers: Further headers.
        credential: Who calls, instead of the client's credential.
    """

    timeout: float
    idempotency_key: str
    headers: Mapping[str, str]
    credential: Credential


class ClientOptions(TypedDict, total=False):
    """What a copy of a client may say otherwise.

    Attributes:
        timeout: The deadline of a call, in seconds.
        retries: How a call is tried again: a number, or a policy.
        headers: Headers to send with every call.
        credential: Who calls.
    """

    timeout: float
    retries: int | RetryPolicy
    headers: Mapping[str, str]
    credential: Credential


_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e\t]*")
_OWN_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "x-portal-session",
    }
)


def check_names(options: Mapping[str, object], known: type[object]) -> None:
    """Refuse an option that there is not, as Python refuses an unknown argument.

    Raises:
        TypeError: There is no option of that name.
    """
    for name in options:
        if name not in known.__annotations__:
            raise TypeError(f"got an unexpected keyword argument {name!r}")


def check_timeout(timeout: float) -> float:
    """Check a deadline.

    Raises:
        ConfigurationError: It is not a positive, finite number of seconds.
    """
    return seconds(timeout)


def check_idempotency_key(key: str) -> str:
    """Check an idempotency key.

    Raises:
        InvalidArgumentError: It is not 1 to 255 visible ASCII characters.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidArgumentError("idempotency_key has to be 1 to 255 visible ASCII characters; a UUID is best")
    return key


def check_headers(headers: Mapping[str, str]) -> Headers:
    """Check further headers and write them as lines.

    Raises:
        InvalidArgumentError: A name or value cannot stand in a header, or the client writes this header itself.
    """
    lines: list[tuple[bytes, bytes]] = []
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError("headers holds a name that is no header name")
        if name.lower() in _OWN_HEADERS:
            raise InvalidArgumentError(f"the header {name} is written by the client itself; use the option for it")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidArgumentError(f"the value of the header {name} is no plain ASCII text")
        lines.append((name.lower().encode("ascii"), value.encode("ascii")))
    return Headers(lines)
