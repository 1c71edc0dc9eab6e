"""Declarations of blocking attributes, derived from asynchronous ones.

A declaration names the asynchronous method or resource and nothing else. The
arguments and the result are those of the asynchronous original, at run time
and for type checkers. The docstring is derived from its docstring.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, get_args

from .._annotations import Annotation, readable_annotations
from .._nearest_names import hinting_getattr
from .._resource_attribute import resource_attribute
from ..api.argument_errors import call_of, explain_binding_error
from . import portal
from .docstrings import blocking_docstring
from .pages import Pages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..api.pages import AsyncPages

__all__ = ["BlockingResource", "blocking", "blocking_pages", "blocking_resource", "unwrap"]

A = TypeVar("A")
B = TypeVar("B", bound="BlockingResource[Any]")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@readable_annotations
class BlockingResource(Generic[A]):
    """Blocking form of an asynchronous object.

    A subclass without a docstring gets the one of the asynchronous class,
    ``AsyncPlans`` in ``class Plans(BlockingResource[AsyncPlans])``.

    Args:
        asynchronous: Object that does the work. Its methods run in the portal's event loop.
    """

    def __init__(self, asynchronous: A) -> None:
        self._asynchronous = asynchronous

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__doc__ is None:
            bases: tuple[object, ...] = getattr(cls, "__orig_bases__", ())
            original = next((each.__doc__ for base in bases for each in get_args(base)), None)
            cls.__doc__ = blocking_docstring(original)
        for name, value in vars(cls).items():
            # A derived method has the name of the asynchronous one until here.
            if isinstance(value, FunctionType) and hasattr(value, "__wrapped__"):
                value.__module__, value.__qualname__ = cls.__module__, f"{cls.__qualname__}.{name}"
        readable_annotations(cls)

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def unwrap(resource: BlockingResource[A]) -> A:
    """Return the asynchronous object of a blocking one."""
    return resource._asynchronous  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the class is above


def blocking(
    method: Callable[Concatenate[A, P], Awaitable[R]],
) -> Callable[Concatenate[BlockingResource[A], P], R]:
    """Declare the blocking form of an asynchronous method.

    Args:
        method: Asynchronous method, for example ``AsyncPlans.create``.

    Returns:
        The blocking method.
    """

    @functools.wraps(method)
    def call(self: BlockingResource[A], /, *args: P.args, **kwargs: P.kwargs) -> R:
        invoke = _bind(method, unwrap(self), args, kwargs)
        # Secrets among the arguments must not be in a traceback that shows local variables.
        del args, kwargs
        return portal.run(invoke)

    call.__doc__ = blocking_docstring(method.__doc__)
    return call


def blocking_pages(
    method: Callable[Concatenate[A, P], AsyncPages[T]],
) -> Callable[Concatenate[BlockingResource[A], P], Pages[T]]:
    """Declare the blocking form of a method that returns pages.

    Args:
        method: Asynchronous method, for example ``AsyncPlans.list``.

    Returns:
        The blocking method.
    """

    @functools.wraps(method)
    def call(self: BlockingResource[A], /, *args: P.args, **kwargs: P.kwargs) -> Pages[T]:
        invoke = _bind(method, unwrap(self), args, kwargs)
        # The same reason as above.
        del args, kwargs
        return Pages(invoke())

    declared: Any = call
    declared.__doc__ = blocking_docstring(method.__doc__)
    declared.__signature__ = _returning_pages(method)
    return call


def blocking_resource(blocking_class: type[B]) -> resource_attribute[B]:
    """Declare the blocking form of a client attribute that holds a resource.

    Args:
        blocking_class: Class of the blocking resource, created at the first use.

    Returns:
        The attribute. It has the name of the asynchronous client's attribute.
    """

    def create(client: BlockingResource[Any], name: str) -> B:
        # By its name, so that the asynchronous client caches its resource too.
        return blocking_class(getattr(unwrap(client), name))

    return resource_attribute(blocking_class, create)


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
    result = str(signature.return_annotation).replace("AsyncPages", "Pages")
    return signature.replace(return_annotation=Annotation(result))
