"""`cached_property` that holds no lock."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self, TypeVar, cast, overload

__all__ = ["cached_attribute"]

T = TypeVar("T")


class cached_attribute(cached_property[T]):  # noqa: N801 - it is read as a declaration, like property
    """``cached_property`` without the lock that it has on Python 3.11.

    One lock serves the property of all instances there. Held by another
    thread at a fork, it would never be free in the child. Here two threads
    that come at once may both make a value, and get the same one.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | T:
        if instance is None:
            return self
        value: T = instance.__dict__.setdefault(cast("str", self.attrname), self.func(instance))
        return value
