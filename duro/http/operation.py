"""Operations of the contract: names, paths and required credentials."""

from __future__ import annotations

import enum
from typing import Final
from urllib.parse import quote

from attrs import field, frozen

from .._secrets import RedactedStr
from ..errors import InvalidArgumentError

__all__ = ["Operation", "Surface", "raw_operation"]

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
        parameters: Names of the path parameters, in order.
        literals: Parts of the path before, between and after the parameters.
    """

    id: str
    method: str
    path: str
    surface: Surface = Surface.MERCHANT
    parameters: tuple[str, ...] = field(init=False, repr=False)
    literals: tuple[str, ...] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        first, *rest = self.path.split("{")
        pairs = [piece.split("}", 1) for piece in rest]
        object.__setattr__(self, "parameters", tuple(name for name, _ in pairs))
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
        for name, value, literal in zip(self.parameters, values, self.literals[1:], strict=True):
            path = RedactedStr(path + _quote_segment(name, value) + literal)
        return path


def _quote_segment(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgumentError(
            f"{name} must be a string, got {type(value).__name__}; pass the id that the API returned"
        )
    if not value.strip():
        raise InvalidArgumentError(f"{name} must not be empty; pass the id that the API returned")
    if value in (".", "..") or any(mark in "/\\?#%" or mark < " " or mark == "\x7f" for mark in value) or ".." in value:
        raise InvalidArgumentError(
            f"{name} must be one path segment, got a string with '/', '..' or another reserved character; "
            "pass the id that the API returned"
        )
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        pass
    raise InvalidArgumentError(
        f"{name} must be valid Unicode, got a string with a lone surrogate; pass the id that the API returned"
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
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//") or ".." in path.split("/"):
        raise InvalidArgumentError("path must start with exactly one '/' and must not contain '..', as in '/v1/plans'")
    if not path.isascii() or any(mark <= " " or mark in "\\?#\x7f" for mark in path):
        raise InvalidArgumentError(
            "path must be percent-encoded, got a space, '?', '#' or another reserved character; "
            "pass query parameters as params="
        )
    # The template stays empty, because operations are logged and the path may contain a token.
    return Operation(f"request {name}", name, "", Surface.ANY)
