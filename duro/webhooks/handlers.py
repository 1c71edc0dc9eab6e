"""Running plain and async event handlers, from asynchronous and from blocking code."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import anyio.to_thread

from .._checks import describe_type
from ..api.models.events import Event
from ..blocking import portal
from ..errors import ConfigurationError

__all__ = ["EventHandler", "check_handler", "run_handler", "run_handler_blocking"]

E = TypeVar("E", bound=Event)

# An awaitable result is awaited; any other result is ignored.
EventHandler: TypeAlias = Callable[[E], object]


def check_handler(handler: object, *, advice: str = "pass a function of one event") -> None:
    """Check that an argument can be called with an event.

    Args:
        handler: Value that the user passed.
        advice: Advice for the error message.

    Raises:
        ConfigurationError: It is not callable.
    """
    if not callable(handler):
        raise ConfigurationError(f"handler must be callable, got {describe_type(handler)}; {advice}")


async def run_handler(handler: EventHandler[E], event: E) -> None:
    """Run a handler: on the event loop if it is async, else in a worker thread.

    Args:
        handler: Function of one event, plain or async.
        event: Event to handle.

    Raises:
        Exception: Any error that the handler raised.
    """
    if _is_async(handler):
        result = handler(event)
    else:
        # In a tuple, because trio rejects a coroutine as the result of a thread.
        (result,) = await anyio.to_thread.run_sync(lambda: (handler(event),))
    if inspect.isawaitable(result):
        await result


def run_handler_blocking(handler: EventHandler[E], event: E) -> None:
    """Run a handler and wait for it: in the portal if it is async, else in the calling thread.

    Args:
        handler: Function of one event, plain or async.
        event: Event to handle.

    Raises:
        Exception: Any error that the handler raised.
    """
    if _is_async(handler):
        portal.run(lambda: run_handler(handler, event))
    elif inspect.isawaitable(result := handler(event)):
        portal.run(lambda: result)


def _is_async(handler: EventHandler[Any]) -> bool:
    function: Any = handler.func if isinstance(handler, partial) else handler
    # An object with an async __call__ is an async handler too.
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
