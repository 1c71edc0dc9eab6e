"""The one thread in which blocking calls run.

The first blocking call of a process starts a daemon thread with an event loop
and a portal in it; all blocking clients share it. It ends with the process, is
forgotten in a forked child, and is replaced when it died.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from ..errors import ClientClosedError, ConfigurationError
from ..http.in_flight_writes import watch_writes
from . import gevent
from .loop import loop_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from ..errors import OutcomeUnknownError
    from ..http.in_flight_writes import Write

__all__ = ["run"]

T = TypeVar("T")

EXIT_PATIENCE: Final = 2.0
SIGNAL_PATIENCE: Final = 0.5
INTERRUPT_WAITS: Final = 2  # each of them for SIGNAL_PATIENCE

_lock = threading.Lock()
_thread: _PortalThread | None = None
_exiting = False
# A forked child keeps what it inherited alive: to finalize it would write to the parent's connections.
_inherited: list[object] = []


def run(function: Callable[[], Awaitable[T]]) -> T:
    """Run an asynchronous function in the portal and wait for what comes of it.

    Args:
        function: Makes what is to be awaited; called in the portal's thread,
            in the caller's context.

    Returns:
        Its result.

    Raises:
        ConfigurationError: This is the portal's own thread, which must not wait for itself; or gevent came late.
        ClientClosedError: The portal ended before the call did.
        OutcomeUnknownError: The same, and a write may have happened.
        BaseException: Whatever the function raised, and what interrupted the wait.
    """
    errand = _PortalCall(function)
    thread = _current_thread()
    try:
        thread.send(errand)
        # A signal that comes in the instant before a thread blocks is seen only when the thread wakes.
        while not errand.done.wait(SIGNAL_PATIENCE):
            thread.check(errand)
    except BaseException as interruption:
        errand.abandoned = True
        _abandon(thread, errand, interruption)
        raise
    return errand.result()


class _PortalCall(Generic[T]):
    """One blocking call on its way through the portal; whatever comes of it crosses as a value."""

    __slots__ = ("_error", "_function", "_scope", "_value", "_writes", "abandoned", "done", "sent")

    def __init__(self, function: Callable[[], Awaitable[T]]) -> None:
        self._function = function
        self._scope: anyio.CancelScope | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self._writes: Sequence[Write] = ()
        self.abandoned = False
        self.done = threading.Event()
        self.sent = False

    async def carry_out(self) -> None:
        # First of all: an interrupted caller must never find that the request left after all.
        if not self.abandoned:
            with anyio.CancelScope() as self._scope, watch_writes() as self._writes:
                try:
                    self._value = await self._function()
                except asyncio.CancelledError:
                    self._error = self._ended()
                except BaseException as error:
                    # Also SystemExit from somebody's hook, which must not end the loop for everybody.
                    self._error = error
        self.done.set()

    def cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()
        elif not self.sent:
            # The caller was interrupted before it had sent this.
            self.done.set()

    def give_up(self) -> None:
        """Let the caller go: there is no loop any more."""
        if not self.done.is_set():
            self._error = self._ended()
            self.done.set()

    def tell(self, interruption: BaseException) -> None:
        """Note on an exception which write it left in doubt."""
        for doubt in self._doubts("The call was interrupted"):
            interruption.add_note(str(doubt))

    def _ended(self) -> BaseException:
        end = _end_of_the_portal()
        if isinstance(end, ClientClosedError):
            return next(self._doubts(str(end)), end)
        return end

    def _doubts(self, cause: str) -> Iterator[OutcomeUnknownError]:
        return filter(None, (write.find_error(cause) for write in self._writes))

    def result(self) -> T:
        error = self._error
        if error is None:
            value: T = self._value
            return value
        try:
            raise error
        finally:
            # The traceback refers to this frame: without this, error and frame would keep each other alive.
            self._error = error = None


class _PortalThread:
    """A thread with an event loop and a portal in it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop: Future[asyncio.AbstractEventLoop] = Future()
        self._portal: BlockingPortal
        self._tasks: anyio.abc.TaskGroup
        self._open = True
        self._errands: set[_PortalCall[Any]] = set()
        self._thread = threading.Thread(target=self._main, name="duro-portal", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._open and self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def wait_for_start(self) -> None:
        self._loop.result()

    def send(self, errand: _PortalCall[Any]) -> None:
        self._errands.add(errand)
        try:
            # The portal's own way waits for the task to have begun: two changes of thread more, 120 µs instead of 60.
            self._loop.result().call_soon_threadsafe(self._begin, errand)
        except RuntimeError:
            errand.give_up()

    def check(self, errand: _PortalCall[Any]) -> None:
        """Let a caller go whose loop is gone."""
        if not self._thread.is_alive():
            errand.give_up()

    def cancel(self, errand: _PortalCall[Any]) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.result().call_soon_threadsafe(errand.cancel)

    def stop(self) -> None:
        """End the loop, cancelling what is under way, and wait a little for the thread."""
        if self._loop.done() and self._thread.is_alive():
            # A greenlet that ends by SystemExit raises it here.
            with contextlib.suppress(RuntimeError, SystemExit):
                self._loop.result()
                self._portal.start_task_soon(self._portal.stop, True)
                self._thread.join(EXIT_PATIENCE)

    def _main(self) -> None:
        try:
            anyio.run(self._serve, backend_options=loop_options())
        except BaseException as error:
            self._open = False
            if not self._loop.done():
                self._loop.set_exception(error)
        finally:
            for errand in list(self._errands):
                errand.give_up()

    async def _serve(self) -> None:
        async with BlockingPortal() as self._portal, anyio.create_task_group() as self._tasks:
            self._loop.set_result(asyncio.get_running_loop())
            try:
                await self._portal.sleep_until_stopped()
            finally:
                self._open = False
                self._tasks.cancel_scope.cancel()

    def _begin(self, errand: _PortalCall[Any]) -> None:
        if not self._open:
            return
        _name_the_library()
        errand.sent = True
        self._tasks.start_soon(self._carry_out, errand, name="duro-call")

    async def _carry_out(self, errand: _PortalCall[Any]) -> None:
        try:
            await errand.carry_out()
        finally:
            self._errands.discard(errand)


def _current_thread() -> _PortalThread:
    global _thread
    if gevent.patched_late():
        raise ConfigurationError(
            "gevent patched the threads after the SDK was loaded, and its calls would never end; "
            "call gevent.monkey.patch_all() first of all"
        )
    thread = _thread
    if thread is not None and thread.is_current:
        raise ConfigurationError(
            "a blocking call was made from inside the SDK's own event loop, where it would wait for itself; "
            "use AsyncDuro there"
        )
    if thread is None or thread.pid != os.getpid() or not thread.alive:
        with _lock:
            thread = _thread
            if thread is None or thread.pid != os.getpid() or not thread.alive:
                if _exiting:
                    raise _end_of_the_portal()
                thread = _thread = _PortalThread()
    thread.wait_for_start()
    return thread


def _abandon(thread: _PortalThread, errand: _PortalCall[Any], interruption: BaseException) -> None:
    """Cancel a call whose caller was interrupted, and tell him what is known of it."""
    try:
        thread.cancel(errand)
        any(errand.done.wait(SIGNAL_PATIENCE) for _ in range(INTERRUPT_WAITS))
    except BaseException as impatience:
        # Interrupted once more, perhaps before the call was cancelled.
        thread.cancel(errand)
        errand.tell(impatience)
        raise
    finally:
        errand.tell(interruption)


def _end_of_the_portal() -> ClientClosedError | SystemExit:
    if _exiting and threading.current_thread() is not threading.main_thread():
        # None but daemon threads wait at exit, and this ends one without a word.
        return SystemExit()
    return ClientClosedError("the event loop of the blocking client ended before the call did")


def _name_the_library() -> None:
    """Correct what the caller's context says where it comes from a trio task."""
    if sniffio := sys.modules.get("sniffio"):
        sniffio.current_async_library_cvar.set("asyncio")


def _stop_at_exit() -> None:
    global _exiting
    _exiting = True
    thread = _thread
    # Across a late patch no thread can wait for another; this one is a daemon, and ends with the process.
    if thread is not None and thread.pid == os.getpid() and not gevent.patched_late():
        thread.stop()


def _forget_after_fork() -> None:
    global _lock, _thread
    _lock = threading.Lock()
    if _thread is not None:
        _inherited.append(_thread)
        _thread = None


# Registered now and not with the first call, so that callbacks of programs that import this still have their portal.
atexit.register(_stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
