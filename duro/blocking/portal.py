"""The one thread in which blocking calls run.

The first blocking call of a process starts a daemon thread with an event loop
and a portal in it; all blocking clients share it. It ends with the process, is
forgotten in a forked child, and is replaced when it died.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from concurrent.futures import Future
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal
from attrs import define, field

from ..errors import ClientClosedError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["run"]

T = TypeVar("T")

EXIT_PATIENCE: Final = 2.0
INTERRUPT_PATIENCE: Final = 1.0

_lock = threading.Lock()
_thread: _PortalThread | None = None
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
        ConfigurationError: This is the portal's own thread, which must not wait for itself.
        ClientClosedError: The portal ended before the call did.
        BaseException: Whatever the function raised, and what interrupted the wait.
    """
    errand = _Errand(function)
    thread = _current_thread()
    try:
        thread.send(errand)
        errand.done.result()
    except BaseException as interruption:
        errand.abandoned = True
        _abandon(thread, errand, interruption)
        raise
    return errand.result()


@define(eq=False)
class _Errand(Generic[T]):
    """One blocking call on its way through the portal; whatever comes of it crosses as a value."""

    function: Callable[[], Awaitable[T]]
    done: Future[None] = field(factory=Future[None])
    abandoned: bool = False
    value: Any = None
    error: BaseException | None = None
    cancelled: bool = False
    scope: anyio.CancelScope | None = None

    async def carry_out(self) -> None:
        # First of all: an interrupted caller must never find that the request left after all.
        if self.abandoned:
            self.finish()
            return
        try:
            with anyio.CancelScope() as self.scope:
                self.value = await self.function()
                return
            self.cancelled = True
        except anyio.get_cancelled_exc_class() as cancellation:
            self.cancelled, self.error = True, cancellation
            raise
        except BaseException as error:
            # Also SystemExit from somebody's hook, which must not end the loop for everybody.
            self.error = error
        finally:
            self.scope = None
            self.finish()

    def cancel(self) -> None:
        if self.scope is not None:
            self.scope.cancel()

    def finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def result(self) -> T:
        error = self.error
        if self.cancelled:
            error = ClientClosedError("the event loop of the blocking client ended before the call did")
            _copy_notes(self.error, error)
        if error is None:
            value: T = self.value
            return value
        try:
            raise error
        finally:
            # The traceback refers to this frame: without this, error and frame would keep each other alive.
            self.error = error = None


class _PortalThread:
    """A thread with an event loop and a portal in it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._portal: Future[BlockingPortal] = Future()
        self._errands: set[_Errand[Any]] = set()
        self._thread = threading.Thread(target=self._main, name="duro-portal", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def send(self, errand: _Errand[Any]) -> None:
        portal = self._portal.result()
        self._errands.add(errand)
        errand.done.add_done_callback(lambda _: self._errands.discard(errand))
        portal.start_task_soon(errand.carry_out)

    def cancel(self, errand: _Errand[Any]) -> None:
        self._portal.result().start_task_soon(errand.cancel)

    def stop(self) -> None:
        """End the loop, cancelling what is under way, and wait a little for the thread."""
        if self._portal.done() and self.alive:
            with contextlib.suppress(RuntimeError):
                portal = self._portal.result()
                portal.start_task_soon(portal.stop, True)
            self._thread.join(EXIT_PATIENCE)

    def _main(self) -> None:
        try:
            anyio.run(self._serve, backend_options={"use_uvloop": _may_use_uvloop()})
        except BaseException as error:
            if not self._portal.done():
                self._portal.set_exception(error)
        finally:
            for errand in list(self._errands):
                errand.cancelled = True
                errand.finish()

    async def _serve(self) -> None:
        async with BlockingPortal() as portal:
            self._portal.set_result(portal)
            await portal.sleep_until_stopped()


def _current_thread() -> _PortalThread:
    global _thread
    thread = _thread
    if thread is not None and thread.pid == os.getpid() and thread.alive:
        if thread.is_current:
            raise ConfigurationError(
                "a blocking call was made from inside the SDK's own event loop, where it would wait for itself; "
                "use AsyncDuro there"
            )
        return thread
    with _lock:
        thread = _thread
        if thread is None or thread.pid != os.getpid() or not thread.alive:
            if thread is None:
                atexit.register(_stop_at_exit)
            thread = _thread = _PortalThread()
        return thread


def _abandon(thread: _PortalThread, errand: _Errand[Any], interruption: BaseException) -> None:
    """Cancel a call whose caller was interrupted, and tell him what is known of it."""
    with contextlib.suppress(RuntimeError):
        thread.cancel(errand)
    try:
        errand.done.result(INTERRUPT_PATIENCE)
    except TimeoutError:
        interruption.add_note("The Duro call did not end at once; whether it happened is unknown.")
        return
    _copy_notes(errand.error, interruption)


def _copy_notes(source: BaseException | None, target: BaseException) -> None:
    for note in getattr(source, "__notes__", ()):
        target.add_note(note)


def _may_use_uvloop() -> bool:
    if sys.platform == "win32" or _gevent_patched():
        return False
    return find_spec("uvloop") is not None


def _gevent_patched() -> bool:
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def _stop_at_exit() -> None:
    thread = _thread
    if thread is not None and thread.pid == os.getpid():
        thread.stop()


def _forget_after_fork() -> None:
    global _lock, _thread
    _lock = threading.Lock()
    if _thread is not None:
        _inherited.append(_thread)
        _thread = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
