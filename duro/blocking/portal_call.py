"""One blocking call on its way from the caller's thread to the portal's event loop and back.

The caller's thread creates a call, submits it to the loop and waits for
``done``. In the loop, one task runs it. A call has these states:

============  ============================================  ========================
State         Attributes                                    Set by
============  ============================================  ========================
created       nothing is set                                the caller's thread
started       ``started``                                   the loop
running       ``_scope``, ``_writes``                       the call's task
done          ``value`` or ``error``, then ``done``         the call's task, or
                                                            ``cancel`` or ``fail``
============  ============================================  ========================

``interrupted`` is independent of the state. The caller's thread sets it when
an exception, usually ``KeyboardInterrupt``, ends its wait. It is never reset.

No lock is needed, because each attribute has one writer at a time and
``done`` is set last. The order of the other steps matters:

* The task reads ``interrupted`` in its first statement. Otherwise a request
  could be sent after its caller was interrupted.
* ``cancel`` runs in the loop. If the task has its scope, the scope is
  cancelled. If the task has started without one, it reads ``interrupted``
  by itself. If the call has not started, it never will: the interrupt came
  before the submission. Then ``cancel`` sets ``done``.
* ``fail`` is for a loop that has ended. Any thread may call it, because no
  task can run any more.

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
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

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
        interrupted: Whether an exception ended the caller's wait.
        started: Whether the loop has created the call's task.
        value: Result of the function.
        error: Exception of the function, or of a portal that ended. ``None`` after a success.
        done: Set when the value or the error is available.
    """

    __slots__ = ("_end_error", "_function", "_scope", "_writes", "done", "error", "interrupted", "started", "value")

    def __init__(
        self, function: Callable[[], Awaitable[T]], end_error: Callable[[], ClientClosedError | SystemExit]
    ) -> None:
        self._function = function
        self._end_error = end_error
        self._scope: anyio.CancelScope | None = None
        self._writes: Sequence[Write] = ()
        self.interrupted = False
        self.started = False
        self.value: T
        self.error: BaseException | None = None
        self.done = threading.Event()

    async def run(self) -> None:
        """Run the function in the loop, unless the caller was interrupted before."""
        if not self.interrupted:
            with anyio.CancelScope() as self._scope, watch_writes() as self._writes:
                try:
                    self.value = await self._function()
                except asyncio.CancelledError:
                    self.error = self._failure()
                except BaseException as error:  # noqa: BLE001 - crosses as a value, SystemExit included
                    self.error = error
        self.done.set()
        if self.interrupted:
            # The caller may have stopped waiting before the write was sent.
            self._report("the call was interrupted")

    def cancel(self) -> None:
        """Cancel the call, in the loop, after the caller was interrupted."""
        if self._scope is not None:
            self._scope.cancel()
        elif not self.started:
            self.done.set()

    def fail(self) -> None:
        """End the wait of a caller whose loop has ended."""
        if not self.done.is_set():
            self.error = self._failure()
            self.done.set()

    def result(self) -> T:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value

    def report_interruption(self, interruption: BaseException) -> None:
        """Add a note to the exception of the caller, and log a warning, for each write that may have been processed."""
        self._report("the call was interrupted", interruption)

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
