"""Annotations that ``help()`` shows as they are written."""

from __future__ import annotations

from types import FunctionType
from typing import TypeVar

__all__ = ["Annotation", "readable_annotations"]

C = TypeVar("C", bound=type[object])


class Annotation(str):
    """Annotation as text, with a repr without quotes.

    The annotations of this package are strings, because they are not
    evaluated. Up to Python 3.13, signatures show their reprs.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def readable_annotations(owner: C) -> C:
    """Convert the annotations of the methods of a class; used as a decorator.

    Args:
        owner: Class with annotations that are strings.

    Returns:
        The class.
    """
    for method in vars(owner).values():
        # Signatures are those of the innermost function that a decorator wraps.
        while isinstance(method, FunctionType):
            method.__annotations__ = {name: Annotation(text) for name, text in method.__annotations__.items()}
            method = getattr(method, "__wrapped__", None)  # noqa: PLW2901 - the next one
    return owner
