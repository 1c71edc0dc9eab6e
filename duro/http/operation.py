"""The operations of the contract: their names, their paths, and which credential they take."""

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
    """Which part of the API an operation belongs to, and so which credential it takes."""

    MERCHANT = "merchant operations"
    IDENTITY = "customer identity operations"
    PORTAL = "customer portal operations"
    PUBLIC = "operations without a credential"
    ANY = "any path"


@frozen
class Operation:
    """One operation of the contract.

    Attributes:
        id: The contract's ``operationId``.
        method: The HTTP method, in capitals.
        path: The path, its parameters in braces.
        surface: Which credential it takes.
    """

    id: str
    method: str
    path: str
    surface: Surface = Surface.MERCHANT
    names: tuple[str, ...] = field(init=False, repr=False)
    pieces: tuple[str, ...] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        first, *rest = self.path.split("{")
        named = [piece.split("}", 1) for piece in rest]
        object.__setattr__(self, "names", tuple(name for name, _ in named))
        object.__setattr__(self, "pieces", (first, *(after for _, after in named)))

    @property
    def is_mutation(self) -> bool:
        """Whether it changes something, and so travels under an idempotency key."""
        return self.method not in ("GET", "HEAD", "OPTIONS")

    def path_with(self, *values: str) -> str:
        """Put values in the places of the path.

        Args:
            values: One for each parameter, in order.

        Returns:
            The path, quoted.

        Raises:
            InvalidArgumentError: A value is empty, no string, or would lead to another path.
        """
        path = self.pieces[0]
        for name, value, after in zip(self.names, values, self.pieces[1:], strict=True):
            path = RedactedStr(path + _segment(name, value) + after)
        return path


def _segment(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} is of type {type(value).__name__}; give a string")
    if not value.strip():
        raise InvalidArgumentError(f"{name} is empty; give the id that the API answered")
    if value in (".", "..") or any(mark in "/\\?#%" or mark < " " or mark == "\x7f" for mark in value) or ".." in value:
        raise InvalidArgumentError(f"{name} holds '/', '..' or another mark of a path; give one id")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        pass
    raise InvalidArgumentError(f"{name} holds half a character, which cannot be sent; give the id as answered")


def raw_operation(method: str, path: str) -> Operation:
    """Make an operation of a method and path that the contract may not know.

    Args:
        method: The HTTP method, in any case.
        path: The whole path, from the slash on.

    Returns:
        The operation, whose path has no places.

    Raises:
        InvalidArgumentError: The method or the path is malformed, or leads elsewhere.
    """
    name = method.upper() if isinstance(method, str) else ""
    if name not in _METHODS:
        raise InvalidArgumentError(f"the method has to be one of {', '.join(sorted(_METHODS))}")
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//") or ".." in path.split("/"):
        raise InvalidArgumentError("the path has to start with one '/', as in '/v1/plans', and to hold no '..'")
    if not path.isascii() or any(mark <= " " or mark in "\\?#\x7f" for mark in path):
        raise InvalidArgumentError("the path holds a space, '?', '#' or another mark to be quoted; use params=")
    # The path may hold a token, and the name of an operation is logged.
    return Operation(f"request {name}", name, "", Surface.ANY)
