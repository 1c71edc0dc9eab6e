"""Docstrings of the blocking API, derived from the asynchronous ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["blocking_docstring", "documented_like", "with_arguments_of"]

C = TypeVar("C")
F = TypeVar("F", bound="Callable[..., Any]")

# "(await client.token()).value" does not need its parentheses without "await". They may contain one more level.
_PARENTHESIZED_AWAIT: Final = re.compile(r"\((?<!\w\()await ((?:[^()]|\([^()]*\))*)\)")
_REPLACEMENTS: Final = (
    ("await ", ""),
    ("async for ", "for "),
    ("async with ", "with "),
    ("async def ", "def "),
    ("AsyncDuro", "Duro"),
    ("AsyncPages", "Pages"),
    ("aclose", "close"),
)


def blocking_docstring(docstring: str | None) -> str | None:
    """Return the docstring of a blocking method or class.

    Args:
        docstring: Docstring of the asynchronous one.

    Returns:
        The docstring, with the examples in blocking code.
    """
    if docstring is None:
        return None
    if "(await " in docstring:
        docstring = _PARENTHESIZED_AWAIT.sub(r"\1", docstring)
    for asynchronous, blocking in _REPLACEMENTS:
        docstring = docstring.replace(asynchronous, blocking)
    return docstring


def documented_like(original: object) -> Callable[[F], F]:
    """Return a decorator that derives the docstring of a method from the one of an asynchronous method."""

    def decorate(method: F) -> F:
        method.__doc__ = blocking_docstring(original.__doc__)
        return method

    return decorate


def with_arguments_of(original: type[object]) -> Callable[[type[C]], type[C]]:
    """Return a class decorator that adds the arguments and errors of an asynchronous class, before the example."""

    def decorate(blocking_class: type[C]) -> type[C]:
        docstring = blocking_docstring(original.__doc__)
        if docstring and blocking_class.__doc__:
            arguments = docstring.partition("Args:\n")[2].partition("Example:\n")[0]
            description, heading, example = blocking_class.__doc__.partition("Example:\n")
            blocking_class.__doc__ = f"{description}Args:\n{arguments}{heading}{example}"
        return blocking_class

    return decorate
