"""Event loop of the portal: uvloop if installed, otherwise asyncio's loop with another name resolution."""

from __future__ import annotations

import asyncio
import copy
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from . import gevent

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["DaemonResolverLoop", "loop_options"]

if sys.platform == "win32":
    _Loop = asyncio.ProactorEventLoop
else:
    _Loop = asyncio.SelectorEventLoop

_Addresses: TypeAlias = list[Any]


def loop_options() -> dict[str, Any]:
    """Return the backend options for ``anyio.run`` that select the portal's event loop."""
    # uvloop waits in C, where gevent cannot switch to another greenlet.
    if sys.platform != "win32" and not gevent.is_patched() and find_spec("uvloop") is not None:
        # RuntimeError: the main thread has ended, and uvloop cannot be imported any more.
        with suppress(RuntimeError):
            import_module("uvloop")
            return {"use_uvloop": True}
    # An explicit factory, because the program may have set an event loop policy.
    return {"loop_factory": DaemonResolverLoop}


class DaemonResolverLoop(_Loop):
    """Event loop that resolves host names in daemon threads.

    asyncio resolves names in threads of an executor. The interpreter joins
    these threads at exit, so that a name server without a response delays the
    exit. Daemon threads are not joined. Equal lookups that are in progress at
    the same time share one thread, so that an outage of the name server does
    not leave one thread per call.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiters: dict[Hashable, list[asyncio.Future[_Addresses]]] = {}

    async def getaddrinfo(self, host: bytes | str | None, port: bytes | str | int | None, **hints: int) -> _Addresses:
        """Resolve a host name, as ``socket.getaddrinfo`` does."""
        lookup = (host, port, *sorted(hints.items()))
        if lookup not in self._waiters:
            arguments = (lookup, host, port, hints)
            threading.Thread(target=self._resolve, args=arguments, name="duro-resolver", daemon=True).start()
            self._waiters[lookup] = []
        waiter: asyncio.Future[_Addresses] = self.create_future()
        self._waiters[lookup].append(waiter)
        return await waiter

    def _resolve(
        self, lookup: Hashable, host: bytes | str | None, port: bytes | str | int | None, hints: dict[str, int]
    ) -> None:
        outcome: _Addresses | Exception
        try:
            outcome = socket.getaddrinfo(host, port, **hints)
        except Exception as error:  # noqa: BLE001 - passed on as a value
            outcome = error
        # RuntimeError: the loop has ended since, together with all waiters.
        with suppress(RuntimeError):
            self.call_soon_threadsafe(self._finish, lookup, outcome)

    def _finish(self, lookup: Hashable, outcome: _Addresses | Exception) -> None:
        for waiter in self._waiters.pop(lookup):
            if waiter.done():
                continue
            if isinstance(outcome, Exception):
                # A copy for each waiter: each raise adds to the traceback of the exception that it raises.
                waiter.set_exception(copy.copy(outcome))
            else:
                waiter.set_result(outcome)
