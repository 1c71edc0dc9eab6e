"""Coroutines that run without the context variables of the task that awaits them."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

__all__ = ["InEmptyContext"]

T = TypeVar("T")


class InEmptyContext(Generic[T]):
    """Awaitable that runs each step of a coroutine in an empty context, in the task that awaits it.

    Event loops keep the context in which a socket was opened or a timer was
    set, and with it the context variables of a web request.

    Args:
        coroutine: Coroutine to run.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        run: Callable[..., Any] = Context().run
        step: Callable[[Any], Any] = self._coroutine.send
        value: Any = None
        while True:
            try:
                awaited = run(step, value)
            except StopIteration as stop:
                result: T = stop.value
                return result
            try:
                value = yield awaited
                step = self._coroutine.send
            except GeneratorExit:
                run(self._coroutine.close)
                raise
            except BaseException as error:  # noqa: BLE001 - raised in the coroutine
                step, value = self._coroutine.throw, error
