"""What belongs to one event loop, and work that no cancellation of the task that began it ends."""

from __future__ import annotations

import asyncio
import os
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from anyio import CancelScope
from anyio.lowlevel import current_token

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["PerLoop", "finish", "spawn_detached"]

T = TypeVar("T")

# A forked child keeps what it inherited alive: to finalize it would write to the parent's connections.
_inherited: list[object] = []


class PerLoop(Generic[T]):
    """One value for each live event loop of this process.

    ``anyio.lowlevel.RunVar`` is not used because its values are held for ever
    once they refer to their loop, as every connection does: three runs in turn
    leave three loops behind.

    Args:
        make: Makes the value of a loop, called on that loop.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[object, T] = {}
        self._pid = os.getpid()

    def get(self) -> T:
        """Give the running loop's value, making it if this loop has none yet."""
        if self._pid != os.getpid():
            self.forget()
        loop = current_token().native_token
        try:
            return self._values[loop]
        except KeyError:
            self._drop_finished()
            value = self._values[loop] = self._make()
            return value

    def pop(self) -> T | None:
        """Take the running loop's value out."""
        return self._values.pop(current_token().native_token, None)

    def forget(self) -> None:
        """Leave all values behind without closing anything (they are another process's)."""
        _inherited.append(self._values)
        self._values = {}
        self._pid = os.getpid()

    def __bool__(self) -> bool:
        return bool(self._values) and self._pid == os.getpid()

    def _drop_finished(self) -> None:
        for loop in list(self._values):
            if _is_finished(loop):
                self._values.pop(loop, None)


def _is_finished(loop: Any) -> bool:
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    import trio  # the only other kind of loop, and so it is installed

    try:
        loop.run_sync_soon(_nothing)
    except trio.RunFinishedError:
        return True
    return False


def _nothing() -> None:
    pass


async def finish(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Wait for something to its end, and only then let a cancellation through.

    A shielded scope would not do: ``task.cancel()`` goes past it.

    Args:
        work: What to run; it ends by itself, and soon.
    """
    loop = current_token().native_token
    if isinstance(loop, asyncio.AbstractEventLoop):
        await _finish_task(loop.create_task(work()))
    else:
        with CancelScope(shield=True):
            await work()


async def _finish_task(task: asyncio.Task[None]) -> None:
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        raise cancellation
    task.result()


def spawn_detached(run: Callable[[], Coroutine[Any, Any, None]], ended: Callable[[], None], *, name: str) -> object:
    """Start a task that no caller's cancellation reaches, and that ends with its loop at the latest.

    A shielded scope would not do: ``asyncio`` timeouts and ``task.cancel()``
    go past it, and end whatever the cancelled task itself awaits. It runs in
    a copy of the caller's context.

    Args:
        run: What to run; it handles every exception of its own.
        ended: Is called when it has ended, even if it was cancelled before its first step.
        name: What debuggers call the task.

    Returns:
        The task, which the caller keeps so that it is not collected.
    """
    loop = current_token().native_token
    if isinstance(loop, asyncio.AbstractEventLoop):
        task = loop.create_task(run(), name=name)
        # Not in a "finally" of its own: a task that is cancelled before its first step never gets there.
        task.add_done_callback(lambda _: ended())
        return task
    import trio  # the only other kind of loop, and so it is installed

    async def run_to_the_end() -> None:
        try:
            await run()
        finally:
            ended()

    return trio.lowlevel.spawn_system_task(run_to_the_end, name=name, context=copy_context())
