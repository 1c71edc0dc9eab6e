"""One blocking call on its way from the caller's thread to the portal's event loop and back.

The caller's thread creates a call, submits it to the loop and waits for
``done``. In the loop, one task runs it. A call has these states:

============  ============================================  ========================
State         Attributes                                    Set by
============  ============================================  ========================
created       nothing is set                                the caller's thread
started       ``started``                                   the loop
running       ``_scope``, ``_writes``                       the call's task
done          ``_value`` or ``_error``, then ``done``       the call's task, or
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

A result crosses as a value, and so does every exception. ``SystemExit`` from
a user's hook must reach the caller of this call, and must not end the loop
that runs the calls of all other threads.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio

from ..errors import ClientClosedError
from ..http.in_flight_writes import watch_writes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from ..errors import OutcomeUnknownError
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
        done: Set when the result is available.
    """

    __slots__ = ("_end_error", "_error", "_function", "_scope", "_value", "_writes", "done", "interrupted", "started")

    def __init__(
        self, function: Callable[[], Awaitable[T]], end_error: Callable[[], ClientClosedError | SystemExit]
    ) -> None:
        self._function = function
        self._end_error = end_error
        self._scope: anyio.CancelScope | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self._writes: Sequence[Write] = ()
        self.interrupted = False
        self.started = False
        self.done = threading.Event()

    async def run(self) -> None:
        """Run the function in the loop, unless the caller was interrupted before."""
        if not self.interrupted:
            with anyio.CancelScope() as self._scope, watch_writes() as self._writes:
                try:
                    self._value = await self._function()
                except asyncio.CancelledError:
                    self._error = self._failure()
                except BaseException as error:  # noqa: BLE001 - crosses as a value, SystemExit included
                    self._error = error
        self.done.set()

    def cancel(self) -> None:
        """Cancel the call, in the loop, after the caller was interrupted."""
        if self._scope is not None:
            self._scope.cancel()
        elif not self.started:
            self.done.set()

    def fail(self) -> None:
        """End the wait of a caller whose loop has ended."""
        if not self.done.is_set():
            self._error = self._failure()
            self.done.set()

    def add_notes(self, interruption: BaseException) -> None:
        """Add a note to an exception for each write with an unknown outcome."""
        for error in self._unknown_outcomes("the call was interrupted"):
            interruption.add_note(str(error))

    def result(self) -> T:
        """Return the result, or raise the error."""
        error = self._error
        if error is None:
            value: T = self._value
            return value
        try:
            raise error
        finally:
            # The traceback refers to this frame. Without this line, error and frame would keep each other alive.
            self._error = error = None

    def _failure(self) -> BaseException:
        error = self._end_error()
        if isinstance(error, ClientClosedError):
            return next(self._unknown_outcomes(str(error)), error)
        return error

    def _unknown_outcomes(self, cause: str) -> Iterator[OutcomeUnknownError]:
        return filter(None, (write.find_error(cause) for write in self._writes))
