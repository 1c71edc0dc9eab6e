"""Attribute of a client that holds a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["resource_attribute"]

R = TypeVar("R")


class resource_attribute(Generic[R]):  # noqa: N801 - it is read as a declaration, like property
    """Attribute of a client that holds a resource, created at the first use.

    The same attribute of the client's class is the resource's class, so that
    ``help(Duro.plans)`` shows its methods.

    This is not ``cached_property``, because Python 3.11 uses one lock for the
    property of all instances. If another thread holds it during a fork, the
    child can never acquire it. Without the lock, two concurrent threads may
    both create a resource. Both get the one that was stored first.

    Args:
        resource_class: Class of the resource.
        create: Function that creates the resource of a client. It gets the client and the name of the attribute.
    """

    def __init__(self, resource_class: type[R], create: Callable[[Any, str], R]) -> None:
        self._class = resource_class
        self._create = create
        self.__doc__ = resource_class.__doc__

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[object]) -> type[R]: ...
    @overload
    def __get__(self, instance: object, owner: type[object]) -> R: ...
    def __get__(self, instance: object, owner: type[object]) -> type[R] | R:
        if instance is None:
            return self._class
        resource: R = instance.__dict__.setdefault(self._name, self._create(instance, self._name))
        return resource
