"""One blocking call on its way from the caller's thread to the portal's event loop and back.

The caller's thread creates a call, submits it to the loop and waits for its
end. In the loop, one task runs it. A call has these states:

============  ============================================  ========================
State         Attributes                                    Set by
============  ============================================  ========================
created       nothing is set                                the caller's thread
started       ``task``                                      the loop
running       ``_is_cancellable``, ``_writes``              the call's task
done          ``value`` or ``error``, then ``is_done``       the call's task, or
                                                            ``cancel`` or ``fail``
============  ============================================  ========================

``interrupted`` is independent of the state. The caller's thread sets it when
an exception, usually ``KeyboardInterrupt``, ends its wait. It is never reset.

The attributes need no lock, because each has one writer at a time and
``is_done`` is set last. A caller waits for a lock, which is created locked
and released once. ``threading.Event`` would create two locks and a list, and
take 12 µs more. The order of the other steps matters:

* The task reads ``interrupted`` in its first statement. Otherwise a request
  could be sent after its caller was interrupted.
* ``cancel`` runs in the loop. If the task has its scope, the scope is
  cancelled. If the task has started without one, it reads ``interrupted``
  by itself. If the call has not started, it never will: the interrupt came
  before the submission. Then ``cancel`` ends it.
* ``is_done`` is set before the lock is released, so that a caller may wait
  again after its wait has succeeded.
* ``fail`` is for a loop that has ended, or that will not start the call. Any
  thread may call it, because the task cannot run any more.

A write of an interrupted call is reported by both sides, and logged once. The
caller's thread sets ``interrupted`` before it reads the state of the writes.
The task reads ``interrupted`` after its last change of that state. Whichever
is later sees the other.

A result crosses as a value, and so does every exception. ``SystemExit`` from
a user's hook must reach the caller of this call, and must not end the loop
that runs the calls of all other threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import ClientClosedError
from ..http.in_flight_writes import watch_writes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ..http.in_flight_writes import Write

__all__ = ["PortalCall"]

T = TypeVar("T")


class PortalCall(Generic[T]):
    """One blocking call, its state and its result.

    Args:
        function: Function whose awaitable is run, called in the portal's thread.
        end_error: Function that creates the error of a call whose portal ended.

    Attributes:
        context: Context of the call's task, a copy of the caller's.
        interrupted: Whether an exception ended the caller's wait.
        task: Task of the call, ``None`` until the loop has created it.
        value: Result of the function.
        error: Exception of the function, or of a portal that ended. ``None`` after a success.
        is_done: Whether the value or the error is available.
    """

    __slots__ = (
        "_end_error",
        "_function",
        "_is_cancellable",
        "_lock",
        "_writes",
        "context",
        "error",
        "interrupted",
        "is_done",
        "task",
        "value",
    )

    def __init__(
        self, function: Callable[[], Awaitable[T]], end_error: Callable[[], ClientClosedError | SystemExit]
    ) -> None:
        self._function = function
        self._end_error = end_error
        self.context = copy_context()
        self._is_cancellable = False
        self._writes: Sequence[Write] = ()
        self.interrupted = False
        self.task: asyncio.Task[None] | None = None
        self.value: T
        self.error: BaseException | None = None
        self.is_done = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, timeout: float) -> bool:
        """Wait in the caller's thread until the call is done.

        Args:
            timeout: Longest wait in seconds.

        Returns:
            Whether the call is done.
        """
        return self.is_done or self._lock.acquire(timeout=timeout)

    def start(self, loop: asyncio.AbstractEventLoop, on_end: Callable[[PortalCall[T]], None]) -> None:
        """Start the task of the call, in the loop, with the context variables of the caller.

        Args:
            loop: Running event loop.
            on_end: Function that is called with this call just before its caller continues.
        """
        # Not in a task group of anyio, which takes 30 µs more for a task. A cancel scope takes 15 µs.
        self.task = loop.create_task(self._run(on_end), name="duro-call", context=self.context)

    async def _run(self, on_end: Callable[[PortalCall[T]], None]) -> None:
        if not self.interrupted:
            self._is_cancellable = True
            self._writes = watch_writes()
            try:
                self.value = await self._function()
            except asyncio.CancelledError:
                self.error = self._failure()
            except BaseException as error:  # noqa: BLE001 - crosses as a value, SystemExit included
                self.error = error
        on_end(self)
        self._finish()
        if self.interrupted:
            # The caller may have stopped waiting before the write was sent.
            self._report("the call was interrupted")

    def cancel(self) -> None:
        """Cancel the call once, in the loop, after the caller was interrupted."""
        if self.task is None:
            self.fail()
        elif self._is_cancellable:
            # A second cancellation would interrupt what the first one has started, such as the end of a connection.
            self._is_cancellable = False
            self.task.cancel()

    def stop(self) -> None:
        """Cancel the call, in the loop, because the portal ends."""
        if self.task is not None:
            self.task.cancel()

    def fail(self) -> None:
        """End the wait of a caller whose loop ends before its call starts, or has ended."""
        if not self.is_done:
            self.error = self._failure()
            # The caller and the thread of a loop that has ended may both let a call fail.
            with contextlib.suppress(RuntimeError):
                self._finish()

    def result(self) -> T:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value

    def report_interruption(self, interruption: BaseException) -> None:
        """Add a note to the exception of the caller, and log a warning, for each write that may have been processed."""
        self._report("the call was interrupted", interruption)

    def _finish(self) -> None:
        self.is_done = True
        self._lock.release()

    def _failure(self) -> BaseException:
        error = self._end_error()
        if isinstance(error, ClientClosedError):
            self._report(str(error))
            return next(filter(None, (write.find_error(str(error)) for write in self._writes)), error)
        self._report("the program ended before the call did", error)
        return error

    def _report(self, cause: str, ending: BaseException | None = None) -> None:
        for write in self._writes:
            write.report_lost_outcome(cause, ending)
