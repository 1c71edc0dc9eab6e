"""Operations of the contract: names, paths and required credentials."""

from __future__ import annotations

import enum
import re
from typing import Final
from urllib.parse import quote, unquote

from attrs import field, frozen

from .._checks import describe_type
from .._ids import check_id, is_plain
from .._secrets import RedactedStr
from ..errors import InvalidArgumentError

__all__ = ["MAX_URL_BYTES", "Operation", "Surface", "check_url_length", "raw_operation"]

# The bytes of a URL that RFC 9110 asks all servers to accept. nginx responds with 414 to paths over 8,177 bytes.
MAX_URL_BYTES: Final = 8_000
# Path parameters whose values the merchant chose. All others are ids and tokens that the API returned.
_FREE_TEXT_PARAMETERS: Final = frozenset({"ref"})
_LONE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Surface(enum.Enum):
    """Part of the API to which an operation belongs. It determines the kind of credential."""

    MERCHANT = "merchant operations"
    IDENTITY = "customer identity operations"
    PORTAL = "customer portal operations"
    PUBLIC = "operations without a credential"
    ANY = "any path"


@frozen
class Operation:
    """One operation of the contract.

    Attributes:
        id: ``operationId`` of the contract.
        method: HTTP method in upper case.
        path: Path template, with its parameters in braces.
        surface: Part of the API, which determines the kind of credential.
        arguments: Names of the method's arguments for the path parameters, in order. The parameters' names if left out.
        parameters: Names of the path parameters, in order.
        literals: Parts of the path before, between and after the parameters.
    """

    id: str
    method: str
    path: str
    surface: Surface = Surface.MERCHANT
    arguments: tuple[str, ...] = field(default=(), kw_only=True, repr=False)
    parameters: tuple[str, ...] = field(init=False, repr=False)
    literals: tuple[str, ...] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        first, *rest = self.path.split("{")
        pairs = [piece.split("}", 1) for piece in rest]
        object.__setattr__(self, "parameters", tuple(name for name, _ in pairs))
        object.__setattr__(self, "arguments", self.arguments or self.parameters)
        object.__setattr__(self, "literals", (first, *(literal for _, literal in pairs)))

    @property
    def is_mutation(self) -> bool:
        """Whether the operation changes data, and so is sent with an idempotency key."""
        return self.method not in ("GET", "HEAD", "OPTIONS")

    def format_path(self, *values: str) -> str:
        """Fill the parameters of the path.

        Args:
            values: One string for each parameter, in order.

        Returns:
            The percent-encoded path.

        Raises:
            InvalidArgumentError: A value is empty, is not a string, or would change the path.
        """
        path = self.literals[0]
        rest = zip(self.parameters, self.arguments, values, self.literals[1:], strict=True)
        for parameter, argument, value, literal in rest:
            check = _check_free_text if parameter in _FREE_TEXT_PARAMETERS else check_id
            path = RedactedStr(path + _quote_segment(argument, check(argument, value)) + literal)
        return path


def _quote_segment(name: str, value: str) -> str:
    if is_plain(value):
        return value
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        pass
    raise InvalidArgumentError(f"{name} must be valid Unicode, got a string with a lone surrogate; pass valid text")


def _check_free_text(name: str, value: str) -> str:
    if not isinstance(value, str):
        problem = f"a string, got {describe_type(value)}"
    elif not value.strip():
        problem = "a text, got a blank string"
    elif _has_dot_segment(value):
        problem = "a text that can be sent in a path, got one with '.' or '..' between slashes or alone"
    elif "\0" in value:
        # nginx rejects the URL.
        problem = "a text without NUL characters, got one"
    else:
        return value
    raise InvalidArgumentError(f"{name} must be {problem}; pass the text that was set")


def _has_dot_segment(path: str) -> bool:
    """Return whether a decoded path has a segment ``.`` or ``..``.

    Proxies decode ``%2E`` and ``%2F`` and resolve such segments. The request would reach another path.
    """
    return not {".", ".."}.isdisjoint(path.split("/"))


def check_url_length(base_url: str, path: str, query: str, *, path_name: str, query_name: str) -> None:
    """Check that the URL of a request is short enough for servers and proxies.

    Args:
        base_url: Address of the API.
        path: Percent-encoded path.
        query: Percent-encoded query.
        path_name: Name of the argument that determines the path, for the message.
        query_name: Name of the argument that determines the query, for the message.

    Raises:
        InvalidArgumentError: The URL is too long.
    """
    length = len(base_url) + len(path) + len("?") + len(query)
    if length > MAX_URL_BYTES:
        name = query_name if len(query) > len(path) else path_name
        raise InvalidArgumentError(
            f"{name} must be shorter, got a URL of {length:,} bytes after percent-encoding, over the maximum of "
            f"{MAX_URL_BYTES:,}; pass a shorter value"
        )


def raw_operation(method: str, path: str) -> Operation:
    """Create an operation for a method and path outside the contract.

    Args:
        method: HTTP method in any case.
        path: Complete path, with its leading slash.

    Returns:
        The operation. Its path template is empty.

    Raises:
        InvalidArgumentError: The method or the path is malformed, or leads to another host.
    """
    name = method.upper() if isinstance(method, str) else ""
    if name not in _METHODS:
        raise InvalidArgumentError(f"method must be one of {', '.join(sorted(_METHODS))}")
    if (
        not isinstance(path, str)
        or not path.startswith("/")
        or path.startswith("//")
        or _has_dot_segment(unquote(path))
    ):
        raise InvalidArgumentError(
            "path must start with exactly one '/' and must not contain '.' or '..' between slashes; "
            "pass a path such as '/v1/plans'"
        )
    if not path.isascii() or any(mark <= " " or mark in "\\?#\x7f" for mark in path) or _LONE_PERCENT.search(path):
        raise InvalidArgumentError(
            "path must be percent-encoded, got a space, '?', '#', a lone '%' or another reserved character; "
            "pass query parameters as params="
        )
    # The template stays empty, because operations are logged and the path may contain a token.
    return Operation(f"request {name}", name, "", Surface.ANY)
