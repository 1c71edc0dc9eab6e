"""Connections to a Redis server: one for each event loop, opened at first use and again when it is lost.

One connection is enough for a loop, because the commands of all tasks are pipelined on it. It needs a task that reads
the responses. That task belongs to the event loop, so that the cancellation of a command does not end it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from ..errors import ConfigurationError
from ..http.event_loop import PerLoop, call_soon_threadsafe, spawn_detached
from .tls import load_ssl_context
from .url import build_credentials

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from coredis.connection import TCPConnection

    from .url import RedisAddress

__all__ = ["RedisConnections"]


class RedisConnections:
    """Connections to one Redis server, one for each event loop of this process.

    Threads and event loops can share it. A forked child opens its own connections.

    Args:
        address: Address of one server.
        timeout: Deadline of a command in seconds; it includes connecting and a repetition.
        ssl_context: TLS settings; by default the certificate authorities of the system and the host name are checked.

    Raises:
        ConfigurationError: The extra ``redis`` is not installed.
    """

    def __init__(self, address: RedisAddress, *, timeout: float, ssl_context: ssl.SSLContext | None = None) -> None:
        # Here and not at the first command, because the import takes a while and would block the event loop.
        _import_coredis()
        self._address = address
        ((self._host, self._port),) = address.hosts
        self._timeout = timeout
        self._ssl_context = ssl_context
        self._loops = PerLoop(lambda: _LoopConnection(self._create_connection))

    async def execute(self, command: str, *arguments: str | int) -> object:
        """Send a command that may safely run twice. It is sent again if the connection is lost before the response.

        Args:
            command: Name of the command.
            arguments: Arguments of the command.

        Returns:
            Response of the server, with strings as bytes.

        Raises:
            coredis.exceptions.RedisError: The server cannot be reached, or refused the command.
            TimeoutError: The server did not respond in time.
        """
        connection = self._loops.get()
        with anyio.move_on_after(self._timeout):
            return await connection.execute(command, *arguments)
        # The responses of later commands would come after the one that is missing.
        connection.close()
        raise TimeoutError(f"the Redis server at {self._host}:{self._port} did not respond within {self._timeout:g} s")

    def close(self) -> None:
        """Close the connections of all event loops, from any thread. The next command opens a new one."""
        for loop, connection in self._loops.items():
            call_soon_threadsafe(loop, connection.close)

    async def _create_connection(self) -> TCPConnection:
        from coredis.connection import TCPConnection, TCPLocation

        if self._address.tls and self._ssl_context is None:
            self._ssl_context = await load_ssl_context(self._address)
        return TCPConnection(
            TCPLocation(self._host, self._port),
            connect_timeout=self._timeout,
            db=self._address.database,
            ssl_context=self._ssl_context if self._address.tls else None,
            **build_credentials(self._address.login),
        )


def _import_coredis() -> None:
    try:
        import_module("coredis.connection")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "coredis":
            raise
        raise ConfigurationError(
            "Redis needs the package 'coredis'; install it with: pip install 'duro-sdk[redis]'"
        ) from error


class _LoopConnection:
    """Connection of one event loop, replaced when it is lost."""

    def __init__(self, create: Callable[[], Awaitable[TCPConnection]]) -> None:
        self._create = create
        self._reader: _Reader | None = None

    async def execute(self, command: str, *arguments: str | int) -> object:
        from coredis.exceptions import ConnectionError as ConnectionLostError

        reader = self._get_reader()
        try:
            return await reader.execute(command, *arguments)
        # coredis raises the second one while it closes the connection.
        except (ConnectionLostError, anyio.ClosedResourceError):
            await reader.has_ended.wait()
        if reader.was_cancelled:
            # At its end, asyncio.run cancels all tasks, and waits for the commands but for no new reader.
            return await self._execute_without_reader(command, *arguments)
        return await self._get_reader().execute(command, *arguments)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _get_reader(self) -> _Reader:
        if self._reader is None or self._reader.is_lost:
            self._reader = _Reader(self._create)
        return self._reader

    async def _execute_without_reader(self, command: str, *arguments: str | int) -> object:
        """Send a command on a connection that lives as long as the command."""
        connection = await self._create()
        outcome: object = None
        async with anyio.create_task_group() as tasks:
            try:
                await tasks.start(connection.run)
                outcome = await connection.create_request(command.encode(), *arguments, decode=False)
            except Exception as error:  # noqa: BLE001 - raised outside of the group, which would wrap it
                outcome = error
            connection.invalidate()
        _close_streams(connection)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class _Reader:
    """Task that opens a connection and reads its responses until it is lost."""

    def __init__(self, create: Callable[[], Awaitable[TCPConnection]]) -> None:
        self.has_ended = anyio.Event()
        self.was_cancelled = True
        self._create = create
        self._connection: TCPConnection | None = None
        self._is_closed = False
        self._error: Exception | None = None
        self._is_open = anyio.Event()
        self._task = spawn_detached(self._run, self._end, name="duro-redis")

    @property
    def is_lost(self) -> bool:
        is_unusable = self._connection is not None and self._is_open.is_set() and not self._connection.usable
        return self.has_ended.is_set() or is_unusable

    async def execute(self, command: str, *arguments: str | int) -> object:
        await self._is_open.wait()
        if self._connection is None or self.has_ended.is_set():
            from coredis.exceptions import ConnectionError as ConnectionLostError

            raise self._error or ConnectionLostError("the connection was closed before it was open")
        return await self._connection.create_request(command.encode(), *arguments, decode=False)

    def close(self) -> None:
        self._is_closed = True
        if self._connection is not None:
            self._connection.invalidate()

    def started(self, value: None = None) -> None:  # noqa: ARG002 - the interface of coredis
        """Report that the connection is open; called by coredis."""
        self._is_open.set()
        if self._is_closed:
            self.close()

    async def _run(self) -> None:
        try:
            self._connection = await self._create()
            await self._connection.run(task_status=self)
        except Exception as error:  # noqa: BLE001 - raised by the commands that wait for the connection
            self._error = error
        self.was_cancelled = False

    def _end(self) -> None:
        if self._connection is not None:
            _close_streams(self._connection)
        self.has_ended.set()
        self._is_open.set()


def _close_streams(connection: TCPConnection) -> None:
    """Close the streams in memory that coredis leaves open if it cannot connect, which would be a ResourceWarning."""
    for value in vars(connection).values():
        if isinstance(value, MemoryObjectSendStream | MemoryObjectReceiveStream):
            value.close()
