"""The HTTP server: a socket of our own, and uvicorn in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from .connection import STOPPING, HTTPProtocol

__all__ = ["Listener"]

_logger = logging.getLogger("duro.sandbox")

THREAD_NAME: Final = "duro-sandbox"

# A thousand clients at once is a sandbox's first job, so they must all find room in the queue.
BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 75
START_SECONDS: Final = 10
STOP_SECONDS: Final = 5
GRACE_SECONDS: Final = 1


class Listener:
    """A bound socket, ready to serve an application.

    The port is known as soon as the object exists, and clients may connect at
    once: they wait in the queue until the server picks them up.

    Args:
        host: The address to bind.
        port: The port; 0 picks a free one.

    Raises:
        OSError: The address cannot be bound; the message says what to do.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = _bind(host, port)
        self._host = host
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._socket.getsockname()[1]}"

    @property
    def is_alive(self) -> bool:
        """Whether the server's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def serve(self, application: ASGIApp, beside: Callable[[], Coroutine[None, None, None]] | None = None) -> None:
        """Serve an application, and return as soon as it can answer.

        Args:
            application: The application.
            beside: What runs on the same event loop, from the start of the server until it stops.

        Raises:
            RuntimeError: The server did not come up.
        """
        config = uvicorn.Config(
            application,
            # The plain loop and h11 are there on every platform, and behave the same on all of them.
            loop="asyncio",
            http=HTTPProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = server = _Server(config, beside)
        self._thread = threading.Thread(target=server.run_on, args=(self._socket,), name=THREAD_NAME, daemon=True)
        self._thread.start()
        if not server.settled.wait(START_SECONDS):
            raise RuntimeError(f"the sandbox's server did not start within {START_SECONDS} s")
        if server.failure is not None:
            raise RuntimeError(f"the sandbox's server did not start: {server.failure!r}") from server.failure

    def close(self) -> None:
        """Stop serving, close every connection, and give the port back.

        Raises:
            RuntimeError: The server's thread did not end in time.
        """
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_SECONDS)
            if self._thread.is_alive():
                self._server.force_exit = True
                raise RuntimeError(f"the sandbox's server did not stop within {STOP_SECONDS} s")
        self._socket.close()


class _Server(uvicorn.Server):
    """A server that tells when it has started, or why it did not."""

    def __init__(self, config: uvicorn.Config, beside: Callable[[], Coroutine[None, None, None]] | None = None) -> None:
        super().__init__(config)
        self._beside = beside
        self._task: asyncio.Task[None] | None = None
        self.settled = threading.Event()
        self.stopping = asyncio.Event()
        self.failure: BaseException | None = None

    def run_on(self, listening: socket.socket) -> None:
        try:
            # Off the main thread, uvicorn leaves signals alone.
            self.run(sockets=[listening])
        except BaseException as error:  # noqa: BLE001 - SystemExit too; nobody else could see it here
            self.failure = error
        finally:
            self.settled.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state[STOPPING] = self.stopping
        await super().startup(sockets)
        if self._beside is not None:
            self._task = asyncio.create_task(self._run_beside(self._beside))
        self.settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # An answer is made in one go, so an open request is one whose body never came, or that a fault struck. Waiting
        # for it would only put off the end, and cancelling it would leave a traceback in the terminal.
        self.stopping.set()
        for connection in list(self.server_state.connections):
            connection.transport.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=GRACE_SECONDS)
        await super().shutdown(sockets)

    async def _run_beside(self, beside: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await beside()
        except Exception:
            # Nobody awaits it before the end, and the server can do without it.
            _logger.exception("what runs beside the sandbox's server failed")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; without, each answer waits 40 ms for a delayed ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # A sandbox that was just stopped leaves its port in TIME_WAIT. Elsewhere the option lets two servers share.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"the sandbox cannot start: {_reason(error, host, port)}") from error
    return listening


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; stop the program that has it, or choose another port"
    return f"port {port} of {host} cannot be listened on: {error.strerror or error}"
