"""HTTP server of the sandbox: a bound socket, and uvicorn in a daemon thread."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from .connection import STOPPING, HTTPProtocol, close_at_once

__all__ = ["Server"]

_logger = logging.getLogger("duro.sandbox")

THREAD_NAME: Final = "duro-sandbox"

# Load tests connect a thousand clients at once, and all of them must fit into the queue.
BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 75
START_TIMEOUT_SECONDS: Final = 10
STOP_TIMEOUT_SECONDS: Final = 5
SHUTDOWN_TIMEOUT_SECONDS: Final = 1
# Interval at which the Date header of responses is updated.
TICK_SECONDS: Final = 1
ACCEPT_ITERATIONS: Final = 3
FLUSH_INTERVAL_SECONDS: Final = 0.005


def _is_wanted(record: logging.LogRecord) -> bool:
    """Return whether to log a record of uvicorn. Its messages about a sandbox's start and stop are left out.

    The level of the logger stays unchanged, because the program may run uvicorn for itself.
    """
    return record.threadName != THREAD_NAME or record.levelno >= logging.WARNING


logging.getLogger("uvicorn.error").addFilter(_is_wanted)

_LOOPBACK_ADDRESSES: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here


class Server:
    """HTTP server with a bound socket.

    The port is known as soon as the object exists, and clients may connect at
    once. They wait in the queue until the server accepts them.

    Args:
        host: Address to bind.
        port: Port to bind. 0 picks a free one.
        ssl_context: TLS settings. ``None`` serves plain HTTP.

    Raises:
        OSError: The address cannot be bound. The message says how to fix it.
    """

    def __init__(self, host: str, port: int, ssl_context: ssl.SSLContext | None = None) -> None:
        self._socket = _bind(host, port)
        self._host = host
        self._ssl_context = ssl_context
        self._uvicorn: _UvicornServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """URL of the server, without a trailing slash."""
        # Clients cannot connect to the address that stands for all addresses of a machine.
        host = _LOOPBACK_ADDRESSES.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://{host}:{self._socket.getsockname()[1]}"

    @property
    def is_alive(self) -> bool:
        """Whether the server's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def serve(self, application: ASGIApp, background: Callable[[], Coroutine[None, None, None]] | None = None) -> None:
        """Serve an application, and return as soon as it accepts requests.

        Args:
            application: ASGI application.
            background: Coroutine function that runs on the server's event loop from start to stop.

        Raises:
            RuntimeError: The server did not start.
        """
        config = uvicorn.Config(
            application,
            # The asyncio loop and h11 exist on every platform, so a sandbox behaves the same everywhere.
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
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_SECONDS,
        )
        # uvicorn reads certificates from files only, and the keys are in memory.
        config.load()
        config.ssl = self._ssl_context
        self._uvicorn = server = _UvicornServer(config, background)
        self._thread = threading.Thread(target=server.run_on, args=(self._socket,), name=THREAD_NAME, daemon=True)
        self._thread.start()
        if not server.settled.wait(START_TIMEOUT_SECONDS):
            raise RuntimeError(f"the sandbox's server did not start within {START_TIMEOUT_SECONDS} s")
        if server.failure is not None:
            raise RuntimeError(f"the sandbox's server did not start: {server.failure!r}") from server.failure

    def close(self) -> None:
        """Stop the server, close all connections and release the port.

        Raises:
            RuntimeError: The server's thread did not end in time.
        """
        if self._uvicorn is not None and self._thread is not None:
            self._uvicorn.request_stop()
            self._thread.join(STOP_TIMEOUT_SECONDS)
            if self._thread.is_alive():
                self._uvicorn.force_exit = True
                raise RuntimeError(f"the sandbox's server did not stop within {STOP_TIMEOUT_SECONDS} s")
        self._socket.close()


class _UvicornServer(uvicorn.Server):
    """uvicorn server that reports its start or its failure, and runs a background task."""

    def __init__(
        self, config: uvicorn.Config, background: Callable[[], Coroutine[None, None, None]] | None = None
    ) -> None:
        super().__init__(config)
        self._background = background
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_requested = asyncio.Event()
        # Set when the server has started or failed.
        self.settled = threading.Event()
        self.stopping = asyncio.Event()
        self.failure: BaseException | None = None

    def run_on(self, bound_socket: socket.socket) -> None:
        try:
            # uvicorn installs signal handlers on the main thread only, and this is another thread.
            self.run(sockets=[bound_socket])
        except BaseException as error:  # noqa: BLE001 - SystemExit too; start reports it in the caller's thread
            self.failure = error
        finally:
            self.settled.set()

    def request_stop(self) -> None:
        """Stop the server, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            # A server that failed has closed its loop.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop_requested.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self.lifespan.state[STOPPING] = self.stopping
        await super().startup(sockets)
        if self._background is not None:
            self._task = asyncio.create_task(self._run_background(self._background))
        self.settled.set()

    async def main_loop(self) -> None:
        # uvicorn looks every 100 ms whether it should exit. This loop waits for the request instead.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._stop_requested.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - their owner closes them
        # Instead of uvicorn's shutdown, which waits in steps of 100 ms.
        # Handlers run without a pause, so an open request either lacks its body or has a fault. Waiting for it would
        # only delay the stop, and uvicorn's cancellation would leave a traceback in the terminal.
        self.stopping.set()
        loop = asyncio.get_running_loop()
        for listening in (each for server in self.servers for each in server.sockets):
            with suppress(NotImplementedError):  # on Windows
                loop.remove_reader(listening.fileno())
        # A connection that the loop has just accepted gets its transport in the next iterations. asyncio leaves it
        # open if its server is closed before.
        for _ in range(ACCEPT_ITERATIONS):
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            close_at_once(connection.transport)
        tasks = set(self.server_state.tasks)
        if self._task is not None:
            self._task.cancel()
            tasks.add(self._task)
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_TIMEOUT_SECONDS):
                await asyncio.gather(*tasks, return_exceptions=True)
                # Only a client that has not read its response yet makes this loop wait.
                while self.server_state.connections:  # noqa: ASYNC110 - uvicorn does not report it
                    await asyncio.sleep(FLUSH_INTERVAL_SECONDS)

    async def _run_background(self, background: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await background()
        except Exception:
            # Logged here, because the server awaits the task only at the stop. It works without the task.
            _logger.exception("the background task of the sandbox's server failed")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With IPPROTO_TCP, asyncio turns off Nagle's algorithm. Without it, each response waits 40 ms for a delayed ACK.
    bound_socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # A sandbox that just stopped leaves its port in TIME_WAIT. On Windows the option lets two servers share it.
            bound_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound_socket.bind((host, port))
        bound_socket.listen(BACKLOG)
    except OSError as error:
        bound_socket.close()
        raise OSError(error.errno, f"the sandbox cannot start: {_describe(error, host, port)}") from error
    return bound_socket


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; stop the program that uses it, or choose another port"
    return f"port {port} of {host} cannot be bound: {error.strerror or error}; choose another address or port"
