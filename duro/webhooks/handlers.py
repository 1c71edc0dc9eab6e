"""Calling a handler, plain or async, from code that awaits and from code that blocks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import anyio.to_thread

from ..api.models.events import Event
from ..blocking import portal

__all__ = ["Handler", "run_handler", "run_handler_blocking"]

E = TypeVar("E", bound=Event)

# What it gives is awaited where it can be, and dropped.
Handler: TypeAlias = Callable[[E], object]


async def run_handler(handler: Handler[E], event: E) -> None:
    """Let a handler handle an event: on the event loop if it is async, else in a worker thread.

    Args:
        handler: The function.
        event: The event.

    Raises:
        Exception: What the handler raised.
    """
    if _is_async(handler):
        outcome = handler(event)
    else:
        # In a tuple, since trio lets no thread give a coroutine.
        (outcome,) = await anyio.to_thread.run_sync(lambda: (handler(event),))
    if inspect.isawaitable(outcome):
        await outcome


def run_handler_blocking(handler: Handler[E], event: E) -> None:
    """Let a handler handle an event: in the portal if it is async, else in the calling thread.

    Args:
        handler: The function.
        event: The event.

    Raises:
        Exception: What the handler raised.
    """
    if _is_async(handler):
        portal.run(lambda: run_handler(handler, event))
    elif inspect.isawaitable(outcome := handler(event)):
        portal.run(lambda: outcome)


def _is_async(handler: Handler[Any]) -> bool:
    function: Any = handler.func if isinstance(handler, partial) else handler
    # An object with an async __call__ is a handler too.
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
