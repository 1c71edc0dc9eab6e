"""Thread and event loop that run all blocking calls of a process.

Blocking clients share one daemon thread, ``duro-portal``. Its event loop runs
their calls as tasks. The first call starts the thread. A ``_PortalThread`` has
these states:

========  =======================================  ================================
State     Condition                                Set by
========  =======================================  ================================
starting  ``_loop`` is pending                     the constructor
open      ``_started`` and ``_open``               the portal's thread
closing   not ``_open``                            the portal's thread
ended     the thread is not alive                  the interpreter
========  =======================================  ================================

Calls are submitted from any thread; see ``submissions``. ``_calls`` has those
that are not done, so that they can fail when the loop ends. For the states of
a call, see ``portal_call``. A call that needs another thread sets ``_thread``
under ``_lock``. The fork hook sets it without the lock, in a child that still
has only one thread. ``_exiting`` is set once, by the exit hook.

The reasons for this design:

* **One thread, not one per call.** Connections belong to an event loop. With
  a loop per call, each call would open new ones.
* **Not the caller's thread.** It would save two thread switches. In the main
  thread, however, a signal handler can raise an exception in any line. The
  connection, or another thread's call, would handle it as an error of its own.
* **A thread of our own.** The interpreter waits at exit for a portal that
  ``anyio.from_thread.start_blocking_portal`` has started, and never ends.
  Our daemon is cancelled at exit, with a time limit.
* **Fork.** A child inherits the sockets but not the thread. If it used or
  closed them, the parent would get the child's responses or lose its
  connections. The child therefore keeps the old thread object untouched and
  starts another thread at its first call.
* **A dead thread is replaced** at the next call. Calls in progress fail, and
  writes among them raise ``OutcomeUnknownError``. A start that fails reaches
  every call that waits for it, and the next call starts another thread.
* **Interrupts.** Ctrl-C cancels the call, waits a limited time for its end,
  and is raised again. If a write was sent, the exception gets a note with its
  idempotency key. The same holds if the result has arrived but was not
  returned yet.
* **Refused calls.** Only a call from the portal's own thread is refused: it
  would wait for itself. A running loop in the caller's thread is not a
  reason, because notebooks and gevent always seem to have one.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio

from ..errors import ClientClosedError, ConfigurationError
from . import gevent
from .loop import loop_options
from .portal_call import PortalCall
from .start import check_descriptors, copy_start_error, to_start_error
from .submissions import Submissions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Context

__all__ = ["run", "run_if_started"]

T = TypeVar("T")

EXIT_TIMEOUT: Final = 2.0
WAKE_INTERVAL: Final = 0.5
INTERRUPT_WAITS: Final = 2  # each lasts WAKE_INTERVAL

_lock = threading.Lock()
_thread: _PortalThread | None = None
_exiting = False
# In a forked child, finalizing what it inherited would write to the parent's connections. This list prevents that.
_inherited: list[object] = []


def run(function: Callable[[], Awaitable[T]]) -> T:
    """Run an asynchronous function in the portal, and wait for its result.

    Args:
        function: Function that returns the awaitable. It is called in the
            portal's thread, with the context variables of the caller.

    Returns:
        Result of the awaitable.

    Raises:
        ConfigurationError: The call comes from the portal's own thread, or gevent patched the threads too late.
        ClientClosedError: The portal ended before the call did.
        OutcomeUnknownError: The portal ended, and a write may have been processed.
        ConnectionFailedError: The thread could not start, because the process has too many open files or threads.
        BaseException: Any exception of the function, or the one that interrupted the wait.
    """
    call = PortalCall(function, _end_error)
    thread = _running_thread()
    try:
        thread.submit(call)
        # A signal that arrives just before a thread blocks is handled only when the thread wakes.
        while not call.wait(WAKE_INTERVAL):
            thread.fail_if_dead(call)
        # In the try block, so that an interrupt at this point does not lose the result of a write.
        return call.result()
    except BaseException as error:
        # CPython handles signals at calls and at jumps back. There is neither between here and the end of the function
        # if the exception is that of the call.
        if error is call.error:
            # The traceback refers to this frame. Without this line, error and frame would keep each other alive.
            call.error = None
            raise
        call.interrupted = True
        _cancel_interrupted(thread, call, error)
        raise


def run_if_started(function: Callable[[], Awaitable[None]]) -> None:
    """Run an asynchronous function in the portal, unless its thread has not started or has ended.

    Args:
        function: Function that releases what belongs to the portal's event loop.

    Raises:
        ConfigurationError: The call comes from the portal's own thread, or gevent patched the threads too late.
        BaseException: Any exception of the function, or the one that interrupted the wait.
    """
    thread = _thread
    if _exiting or thread is None or not thread.is_open:
        return
    try:
        run(function)
    except (ClientClosedError, SystemExit):
        # The loop has ended, and its connections with it.
        if thread.alive:
            raise


class _PortalThread:
    """Daemon thread with an event loop that runs calls as tasks."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop: Future[asyncio.AbstractEventLoop] = Future()
        self._submissions: Submissions[PortalCall[Any]]
        self._stopped: asyncio.Event
        self._started = False
        self._open = True
        self._calls: set[PortalCall[Any]] = set()
        try:
            self._thread = threading.Thread(target=self._main, name="duro-portal", daemon=True)
            self._thread.start()
        except RuntimeError as error:
            raise to_start_error(error) from error

    @property
    def is_open(self) -> bool:
        return self._open and self.pid == os.getpid()

    @property
    def alive(self) -> bool:
        return self._open and self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def wait_for_start(self) -> None:
        if not self._started and (error := self._loop.exception()):
            raise copy_start_error(error) from error.__cause__

    def submit(self, call: PortalCall[Any]) -> None:
        self._calls.add(call)
        try:
            self._submissions.put(call)
        except RuntimeError:
            call.fail()

    def fail_if_dead(self, call: PortalCall[Any]) -> None:
        if not self._thread.is_alive():
            call.fail()

    def cancel(self, call: PortalCall[Any]) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.result().call_soon_threadsafe(self._cancel_call, call)

    def stop(self) -> None:
        """Cancel the calls in progress, end the loop, and wait up to ``EXIT_TIMEOUT`` for the thread."""
        if self._loop.done() and self._thread.is_alive():
            # A greenlet that ended with SystemExit raises it here.
            with contextlib.suppress(RuntimeError, SystemExit):
                self._loop.result().call_soon_threadsafe(self._stopped.set)
                self._thread.join(EXIT_TIMEOUT)

    def _main(self) -> None:
        try:
            check_descriptors()
            anyio.run(self._serve, backend_options=loop_options())
        except BaseException as error:
            self._open = False
            if not self._loop.done():
                start_error = to_start_error(error)
                if start_error is not error:
                    start_error.__cause__ = error
                self._loop.set_exception(start_error)
        finally:
            for call in list(self._calls):
                call.fail()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._submissions = Submissions(loop, self._start_call)
        self._loop.set_result(loop)
        self._started = True
        try:
            await self._stopped.wait()
        finally:
            self._open = False
            await self._stop_calls()

    def _start_call(self, call: PortalCall[Any]) -> None:
        # A closing loop starts no further call. The end of _main lets it fail.
        if self._open:
            _set_async_library(call.context)
            call.start(asyncio.get_running_loop(), self._calls.discard)

    def _cancel_call(self, call: PortalCall[Any]) -> None:
        # The interrupt may have prevented the wake-up of this call and of others.
        self._submissions.receive_all()
        call.cancel()

    async def _stop_calls(self) -> None:
        tasks = [call.task for call in self._calls if call.task is not None]
        for call in list(self._calls):
            call.stop()
        if tasks:
            await asyncio.wait(tasks)


def _running_thread() -> _PortalThread:
    """Return this process's thread; start one if none is running."""
    global _thread
    if gevent.is_patched_late():
        raise ConfigurationError(
            "gevent patched the threads after the SDK was loaded, and calls would wait forever; "
            "call gevent.monkey.patch_all() before any other import"
        )
    thread = _thread
    if thread is not None and thread.is_current:
        raise ConfigurationError(
            "a blocking call was made in the SDK's own event loop, where it would wait for itself; use AsyncDuro there"
        )
    if thread is None or not thread.is_open:
        with _lock:
            thread = _thread
            if thread is None or not thread.is_open:
                if _exiting:
                    raise _end_error()
                thread = _thread = _PortalThread()
    thread.wait_for_start()
    return thread


def _cancel_interrupted(thread: _PortalThread, call: PortalCall[Any], interruption: BaseException) -> None:
    """Cancel an interrupted call, wait a limited time for its end, and note the writes with an unknown outcome."""
    try:
        thread.cancel(call)
        any(call.wait(WAKE_INTERVAL) for _ in range(INTERRUPT_WAITS))
    except BaseException as second_interruption:
        # It may have come before the call was cancelled.
        thread.cancel(call)
        call.report_interruption(second_interruption)
        raise
    finally:
        call.report_interruption(interruption)


def _end_error() -> ClientClosedError | SystemExit:
    if _exiting and threading.current_thread() is not threading.main_thread():
        # At exit only daemon threads still wait for calls. SystemExit ends such a thread without a traceback.
        return SystemExit()
    return ClientClosedError("the event loop of the blocking client ended before the call did")


def _set_async_library(context: Context) -> None:
    """Correct sniffio's context variable, which a caller in a trio task has set to trio."""
    if sniffio := sys.modules.get("sniffio"):
        context.run(sniffio.current_async_library_cvar.set, "asyncio")


def _stop_at_exit() -> None:
    global _exiting
    _exiting = True
    thread = _thread
    # After a late gevent patch no thread can wait for another. The thread is a daemon, so it ends with the process.
    if thread is not None and thread.pid == os.getpid() and not gevent.is_patched_late():
        thread.stop()


def _forget_after_fork() -> None:
    global _lock, _thread
    # Another thread of the parent may have held the old lock.
    _lock = threading.Lock()
    if _thread is not None:
        _inherited.append(_thread)
        _thread = None


# Exit callbacks run in reverse order. Registered at import, this one runs after those of programs that use the client.
atexit.register(_stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
