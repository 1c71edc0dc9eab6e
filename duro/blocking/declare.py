"""How a blocking resource is declared from the asynchronous one.

A declaration names the asynchronous method and nothing else; arguments, result
and docstring are that method's own, for people and for type checkers.
"""

from __future__ import annotations

import functools
import inspect
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from . import portal
from .pages import Pages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..api.pages import AsyncPages

__all__ = ["BlockingResource", "blocking", "blocking_pages"]

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class BlockingResource(Generic[A]):
    """Something asynchronous, called through the portal.

    Args:
        asynchronous: What does the work.

    Attributes:
        asynchronous: The same; its methods are for the portal's event loop.
    """

    def __init__(self, asynchronous: A) -> None:
        self.asynchronous = asynchronous

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class blocking(Generic[A, P, R]):  # noqa: N801 - it is read as a declaration, like property
    """Declares the blocking twin of an asynchronous method.

    Args:
        method: The asynchronous method, as ``AsyncPlans.create``.
    """

    def __init__(self, method: Callable[Concatenate[A, P], Awaitable[R]]) -> None:
        @functools.wraps(method)
        def call(self: BlockingResource[A], *args: P.args, **kwargs: P.kwargs) -> R:
            invoke = _bound(method, self.asynchronous, args, kwargs)
            # A traceback that captures locals must find no secret here.
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


class blocking_pages(Generic[A, P, T]):  # noqa: N801 - it is read as a declaration, like property
    """Declares the blocking twin of a method that answers pages.

    Args:
        method: The asynchronous method, as ``AsyncPlans.list``.
    """

    def __init__(self, method: Callable[Concatenate[A, P], AsyncPages[T]]) -> None:
        @functools.wraps(method)
        def call(self: BlockingResource[A], *args: P.args, **kwargs: P.kwargs) -> Pages[T]:
            invoke = _bound(method, self.asynchronous, args, kwargs)
            del args, kwargs
            return Pages(invoke())

        declared: Any = call
        declared.__signature__ = _answering_pages(method)
        self.__wrapped__ = call
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: BlockingResource[A], owner: type[object]) -> Callable[P, Pages[T]]: ...
    def __get__(self, instance: BlockingResource[A] | None, owner: type[object]) -> Self | Callable[P, Pages[T]]:
        return self if instance is None else MethodType(self.__wrapped__, instance)


def _bound(
    method: Callable[..., R], asynchronous: object, args: tuple[object, ...], kwargs: dict[str, object]
) -> Callable[[], R]:
    return lambda: getattr(asynchronous, method.__name__)(*args, **kwargs)


def _answering_pages(method: Callable[..., object]) -> inspect.Signature:
    signature = inspect.signature(method)
    return signature.replace(return_annotation=str(signature.return_annotation).replace("AsyncPages", "Pages"))
