"""What may be said with every call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import urlencode

from .._unset import UNSET
from ..errors import InvalidArgumentError
from ..http.request import Headers

if TYPE_CHECKING:
    from ..auth.credentials import Credential, SupportsCredential
    from ..config import RetryPolicy

__all__ = [
    "CallOptions",
    "ClientOptions",
    "check_headers",
    "check_idempotency_key",
    "check_names",
    "check_query",
]


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
    credential: Credential | SupportsCredential | str


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
    credential: Credential | SupportsCredential | str


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


def check_query(query: Mapping[str, object], *, name: str = "params") -> str:
    """Check the values of a query string and write it; those that are ``UNSET`` are left out.

    Raises:
        InvalidArgumentError: A name or value cannot stand in a query.
    """
    if not isinstance(query, Mapping):
        raise InvalidArgumentError(f"{name} is a {type(query).__name__}; give a mapping of names to values")
    try:
        return urlencode({_name(name): _plain(value) for name, value in query.items() if value is not UNSET})
    except UnicodeEncodeError:
        issue = "half a character, which cannot be sent"
    except TypeError as error:
        issue = str(error)
    raise InvalidArgumentError(f"{name} holds {issue}")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a name of type {type(name).__name__}; names are text")
    return name


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise TypeError(f"a {type(value).__name__}; give text, whole numbers or truth values")


def check_names(options: Mapping[str, object], known: type[object]) -> None:
    """Refuse an option that there is not, as Python refuses an unknown argument.

    Raises:
        TypeError: There is no option of that name.
    """
    for name in options:
        if name not in known.__annotations__:
            raise TypeError(f"got an unexpected keyword argument {name!r}")


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
    if not isinstance(headers, Mapping):
        raise InvalidArgumentError(f"headers is a {type(headers).__name__}; give a mapping of names to values")
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
