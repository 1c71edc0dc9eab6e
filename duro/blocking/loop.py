"""The portal's event loop: uvloop where it is installed, else asyncio's own, which looks names up as we want it."""

from __future__ import annotations

import asyncio
import copy
import socket
import sys
import threading
from contextlib import suppress
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
    """Give the backend options with which anyio runs the portal's loop."""
    if sys.platform != "win32" and not gevent.patched() and find_spec("uvloop") is not None:
        return {"use_uvloop": True}
    # Named, so that no policy of the program's puts another one in its place.
    return {"loop_factory": DaemonResolverLoop}


class DaemonResolverLoop(_Loop):
    """A loop whose look-ups of names keep no program from ending.

    asyncio makes them in threads that the interpreter joins at exit, so that a
    name server that does not answer holds the exit up. Here daemons make them,
    one for all who ask the same: an outage leaves one thread behind, and not
    one for each call.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[Hashable, list[asyncio.Future[_Addresses]]] = {}

    async def getaddrinfo(self, host: bytes | str | None, port: bytes | str | int | None, **hints: int) -> _Addresses:
        """Look a name up, as ``socket.getaddrinfo`` does."""
        question = (host, port, *sorted(hints.items()))
        if question not in self._waiting:
            arguments = (question, host, port, hints)
            threading.Thread(target=self._look_up, args=arguments, name="duro-look-up", daemon=True).start()
            self._waiting[question] = []
        waiter: asyncio.Future[_Addresses] = self.create_future()
        self._waiting[question].append(waiter)
        return await waiter

    def _look_up(
        self, question: Hashable, host: bytes | str | None, port: bytes | str | int | None, hints: dict[str, int]
    ) -> None:
        outcome: _Addresses | Exception
        try:
            outcome = socket.getaddrinfo(host, port, **hints)
        except Exception as error:  # noqa: BLE001 - handed on as a value
            outcome = error
        # The loop may have ended meanwhile, and then nobody waits.
        with suppress(RuntimeError):
            self.call_soon_threadsafe(self._answer, question, outcome)

    def _answer(self, question: Hashable, outcome: _Addresses | Exception) -> None:
        for waiter in self._waiting.pop(question):
            if waiter.done():
                continue
            if isinstance(outcome, Exception):
                # To each an exception of his own: a shared one would gather everybody's traceback.
                waiter.set_exception(copy.copy(outcome))
            else:
                waiter.set_result(outcome)
