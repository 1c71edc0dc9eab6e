"""Variant of `cached_property` without a lock."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self, TypeVar, cast, overload

__all__ = ["cached_attribute"]

T = TypeVar("T")


class cached_attribute(cached_property[T]):  # noqa: N801 - it is read as a declaration, like property
    """``cached_property`` without the lock that it has on Python 3.11.

    Python 3.11 uses one lock for the property of all instances. If another
    thread holds it during a fork, the child can never acquire it. Without the
    lock, two concurrent threads may both compute a value. Both get the value
    that was stored first.
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
