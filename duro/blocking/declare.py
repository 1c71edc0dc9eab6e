"""Declarations of blocking attributes, derived from asynchronous ones.

A declaration names the asynchronous method or resource and nothing else. The
arguments, result and docstring are those of the asynchronous original, at run
time and for type checkers.
"""

from __future__ import annotations

import functools
import inspect
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, get_args, overload

from .._cached_attribute import cached_attribute
from .._nearest_names import hinting_getattr
from ..api.argument_errors import call_of, explain_binding_error
from . import portal
from .pages import Pages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..api.pages import AsyncPages

__all__ = ["BlockingResource", "blocking", "blocking_pages", "blocking_resource"]

A = TypeVar("A")
B = TypeVar("B")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class BlockingResource(Generic[A]):
    """Blocking form of an asynchronous object.

    A subclass without a docstring gets the one of the asynchronous class,
    ``AsyncPlans`` in ``class Plans(BlockingResource[AsyncPlans])``.

    Args:
        asynchronous: Object that does the work.

    Attributes:
        asynchronous: The same object. Call its methods only in the portal's event loop.
    """

    def __init__(self, asynchronous: A) -> None:
        self.asynchronous = asynchronous

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__doc__ is None:
            bases: tuple[object, ...] = getattr(cls, "__orig_bases__", ())
            cls.__doc__ = next((each.__doc__ for base in bases for each in get_args(base)), None)

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class blocking(Generic[A, P, R]):  # noqa: N801 - used as a declaration, like property
    """Blocking form of an asynchronous method.

    Args:
        method: Asynchronous method, for example ``AsyncPlans.create``.
    """

    def __init__(self, method: Callable[Concatenate[A, P], Awaitable[R]]) -> None:
        @functools.wraps(method)
        def call(self: BlockingResource[A], *args: P.args, **kwargs: P.kwargs) -> R:
            invoke = _bind(method, self.asynchronous, args, kwargs)
            # Secrets among the arguments must not be in a traceback that shows local variables.
            del args, kwargs
            return portal.run(invoke)

        self.__wrapped__ = call
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: BlockingResource[A], owner: type[object]) -> Callable[P, R]: ...
    def __get__(self, instance: BlockingResource[A] | None, owner: type[object]) -> Self | Callable[P, R]:
        return self if instance is None else MethodType(self.__wrapped__, instance)


class blocking_pages(Generic[A, P, T]):  # noqa: N801 - used as a declaration, like property
    """Blocking form of a method that returns pages.

    Args:
        method: Asynchronous method, for example ``AsyncPlans.list``.
    """

    def __init__(self, method: Callable[Concatenate[A, P], AsyncPages[T]]) -> None:
        @functools.wraps(method)
        def call(self: BlockingResource[A], *args: P.args, **kwargs: P.kwargs) -> Pages[T]:
            invoke = _bind(method, self.asynchronous, args, kwargs)
            # The same reason as above.
            del args, kwargs
            return Pages(invoke())

        declared: Any = call
        declared.__signature__ = _returning_pages(method)
        self.__wrapped__ = call
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: BlockingResource[A], owner: type[object]) -> Callable[P, Pages[T]]: ...
    def __get__(self, instance: BlockingResource[A] | None, owner: type[object]) -> Self | Callable[P, Pages[T]]:
        return self if instance is None else MethodType(self.__wrapped__, instance)


def blocking_resource(attribute: cached_attribute[A], blocking_class: Callable[[A], B]) -> cached_attribute[B]:
    """Declare the blocking form of a client attribute that holds a resource.

    Args:
        attribute: Attribute of the asynchronous client, for example ``AsyncDuro.plans``.
        blocking_class: Class of the blocking resource, created at the first use.

    Returns:
        The attribute, with the docstring of the asynchronous one.
    """

    def create(self: BlockingResource[Any]) -> B:
        # By its name, so that the asynchronous client caches its resource too.
        asynchronous: A = getattr(self.asynchronous, str(attribute.attrname))
        return blocking_class(asynchronous)

    create.__doc__ = attribute.__doc__
    create.__annotations__["return"] = blocking_class
    return cached_attribute(create)


def _bind(
    method: Callable[..., R], asynchronous: object, args: tuple[object, ...], kwargs: dict[str, object]
) -> Callable[[], R]:
    bound: Callable[..., R] = getattr(asynchronous, method.__name__)

    def invoke() -> R:
        nonlocal args, kwargs
        try:
            # A coroutine function only binds its arguments here.
            return bound(*args, **kwargs)
        except TypeError as error:
            explained = explain_binding_error(error, bound, args, kwargs, call_of(method))
            if explained is None:
                raise
        finally:
            # Secrets among the arguments must not be in a traceback that shows local variables.
            args, kwargs = (), {}
        raise explained

    return invoke


def _returning_pages(method: Callable[..., object]) -> inspect.Signature:
    signature = inspect.signature(method)
    return signature.replace(return_annotation=str(signature.return_annotation).replace("AsyncPages", "Pages"))
