"""Per-event-loop values, and tasks that survive cancellation of the task that started them."""

from __future__ import annotations

import asyncio
import os
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from anyio import CancelScope
from anyio.lowlevel import current_token

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractContextManager

__all__ = ["PerLoop", "call_soon_threadsafe", "run_to_completion", "spawn_detached"]

T = TypeVar("T")

# Keeps values of the parent process alive in a forked child. Finalizing them would write to the parent's connections.
_inherited: list[object] = []


class PerLoop(Generic[T]):
    """One value for each live event loop of this process.

    ``anyio.lowlevel.RunVar`` does not fit. It keeps a value alive as long as
    the value refers to its loop, and every connection does. After three
    consecutive runs, three loops would stay in memory.

    Args:
        create: Function that creates the value of a loop. It is called on that loop.
    """

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._values: dict[object, T] = {}
        self._pid = os.getpid()

    def get(self) -> T:
        """Return the value of the running loop, and create it at the first call on that loop."""
        if self._pid != os.getpid():
            self.forget()
        loop = _find_running_loop()
        try:
            return self._values[loop]
        except KeyError:
            self._drop_finished_loops()
            value = self._values[loop] = self._create()
            return value

    def pop(self) -> T | None:
        """Remove and return the value of the running loop, ``None`` without one."""
        return self._values.pop(_find_running_loop(), None)

    def items(self) -> list[tuple[object, T]]:
        """Return the loops of this process and their values."""
        if self._pid != os.getpid():
            self.forget()
        return list(self._values.items())

    def forget(self) -> None:
        """Remove all values without closing them, because they belong to the parent process."""
        _inherited.append(self._values)
        self._values = {}
        self._pid = os.getpid()

    def __bool__(self) -> bool:
        return bool(self._values) and self._pid == os.getpid()

    def _drop_finished_loops(self) -> None:
        for loop in list(self._values):
            if _is_finished(loop):
                self._values.pop(loop, None)


def _find_running_loop() -> object:
    """Return the running event loop of asyncio, or the token of trio's.

    anyio finds it too, but takes four times as long. As there, a task is
    required, because trio can run as a guest in the callbacks of asyncio.
    """
    try:
        if asyncio.current_task() is not None:
            return asyncio.get_running_loop()
    except RuntimeError:
        pass
    return current_token().native_token


def _is_finished(loop: Any) -> bool:
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    return not call_soon_threadsafe(loop, _do_nothing)


def call_soon_threadsafe(loop: Any, function: Callable[[], None]) -> bool:
    """Call a function on an event loop, from any thread.

    Args:
        loop: Event loop of asyncio, or token of trio.
        function: Function to call.

    Returns:
        Whether the loop still runs. If not, the function is not called.
    """
    if isinstance(loop, asyncio.AbstractEventLoop):
        try:
            loop.call_soon_threadsafe(function)
        except RuntimeError:
            return False
        return True
    import trio  # it is installed, because only trio has other loops than asyncio

    try:
        loop.run_sync_soon(function)
    except trio.RunFinishedError:
        return False
    return True


def _do_nothing() -> None:
    pass


async def run_to_completion(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, and only then raise a cancellation of the caller.

    A shielded scope is not enough, because ``task.cancel()`` ignores it. A
    task of its own is not enough either: without the scope, anyio would cancel
    the waiting task again in each iteration of the event loop.

    Args:
        work: Function that returns the coroutine. The coroutine must end soon.

    Returns:
        Result of the coroutine. If the caller was cancelled by an anyio scope, its next checkpoint raises that.
    """
    loop = current_token().native_token
    # Nobody cancels this scope, so it does not suppress an exception.
    with cast("AbstractContextManager[object, None]", CancelScope(shield=True)):
        if isinstance(loop, asyncio.AbstractEventLoop):
            return await _wait_for_end(loop.create_task(work()))
        return await work()


async def _wait_for_end(task: asyncio.Task[T]) -> T:
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        # asyncio would log the error of a task that nobody reads.
        raise cancellation from (None if task.cancelled() else task.exception())
    return task.result()


def spawn_detached(run: Callable[[], Coroutine[Any, Any, None]], on_end: Callable[[], None], *, name: str) -> object:
    """Start a task that survives cancellation of its caller, and that ends with its loop at the latest.

    A shielded scope is not enough. ``asyncio`` timeouts and ``task.cancel()``
    ignore it, and cancel what the task awaits. The new task runs in a copy of
    the caller's context.

    Args:
        run: Function that returns the coroutine to run. The coroutine handles its exceptions itself.
        on_end: Function to call at the end, even if the task was cancelled before its first step.
        name: Name of the task, for debuggers.

    Returns:
        The task. The caller keeps a reference, so that the task is not garbage-collected.
    """
    loop = current_token().native_token
    if isinstance(loop, asyncio.AbstractEventLoop):
        task = loop.create_task(run(), name=name)
        # Not in a "finally" of the coroutine: a task that is cancelled before its first step never runs it.
        task.add_done_callback(lambda _: on_end())
        return task
    import trio  # it is installed, because only trio has other loops than asyncio

    async def run_then_call_back() -> None:
        try:
            await run()
        finally:
            on_end()

    return trio.lowlevel.spawn_system_task(run_then_call_back, name=name, context=copy_context())
