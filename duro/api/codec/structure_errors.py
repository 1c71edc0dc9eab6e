"""Errors of hooks for data that does not fit a type, and the checks that raise them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cattrs import BaseValidationError, IterableValidationError, IterableValidationNote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["STRUCTURE_ERRORS", "raise_first_error", "require_list", "require_object"]

# OverflowError: an integer can be too large for a float.
STRUCTURE_ERRORS: Final = (KeyError, TypeError, ValueError, OverflowError, RecursionError)


def require_object(data: Any) -> dict[str, Any]:
    """Return a decoded JSON object.

    Raises:
        TypeError: The data is not an object.
    """
    if not isinstance(data, dict):
        raise TypeError(f"expected an object, got {type(data).__name__}")
    # A call of "cast" for each model would take time.
    return data  # pyright: ignore[reportUnknownVariableType]


def require_list(data: Any) -> list[object]:
    """Return a decoded JSON array.

    Raises:
        TypeError: The data is not an array.
    """
    if not isinstance(data, list):
        raise TypeError(f"expected a list, got {type(data).__name__}")
    return data  # pyright: ignore[reportUnknownVariableType]


def raise_first_error(entries: Iterable[tuple[int | str, object]], kind: Any, read: Callable[[Any, Any], Any]) -> None:
    """Raise the first error of a list or mapping. cattrs would collect one exception for each invalid item."""
    for index, item in entries:
        try:
            read(item, kind)
        except (BaseValidationError, *STRUCTURE_ERRORS) as error:
            error.add_note(IterableValidationNote("", index, kind))
            raise IterableValidationError("", [error], kind) from None  # pyright: ignore[reportCallIssue] - it takes three
