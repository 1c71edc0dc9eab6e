"""Network layer under httpcore: name resolution, TCP connections, and the moment when a request is sent."""

from __future__ import annotations

import asyncio
import select
import ssl
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final

import anyio
import httpcore
from anyio.abc import SocketAttribute
from anyio.lowlevel import current_token

from .asyncio_stream import AsyncioStream
from .resolver import resolve
from .stream import NetworkStream

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterable

    from anyio.abc import ByteStream

    from .library import Library

__all__ = ["Network"]

# RFC 8305 recommends this delay before the next address is tried at the same time.
NEXT_ADDRESS_SECONDS: Final = 0.25

# First bytes of messages for a proxy (CONNECT, SOCKS 5). A request to the API starts with another method.
_PROXY_MESSAGES: Final = (b"CONNECT ", b"\x05", b"\x01")


class Network(httpcore.AsyncNetworkBackend):
    """Network backend of one connection.

    It opens sockets in an empty context. Event loops keep the context in which
    a socket was opened, and with it the context variables of a web request.

    Args:
        library: Module whose connections are used. It expects its own exceptions.

    Attributes:
        on_send: Function to call before the first byte of a request may be written, ``None`` between requests.
    """

    def __init__(self, library: Library = httpcore) -> None:
        self._library = library
        self.on_send: Callable[[], None] | None = None
        self._opened: ByteStream | None = None
        # More than one for TLS to the API through a proxy with TLS.
        self._tls_layers: list[ssl.SSLObject] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - of httpcore
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Resolve a host name, and connect to the first address that accepts."""
        addresses = await resolve(host, port)

        async def connect(address: str) -> ByteStream:
            return await _run_in_empty_context(lambda: self._connect(address, port))

        is_single = len(addresses) == 1
        self._opened = await (connect(addresses[0]) if is_single else _connect_to_first(addresses, connect))
        return NetworkStream(
            self._opened,
            self._library,
            on_write=self._on_write,
            on_tls=self._tls_layers.append,
            is_readable=self.is_readable,
        )

    def is_readable(self) -> bool:
        """Return whether data, or the end of the connection, arrived at the socket."""
        if self._opened is None:
            return True
        if isinstance(self._opened, AsyncioStream) and self._opened.has_unread_data:
            return True
        return _is_readable(self._opened.extra(SocketAttribute.raw_socket, None))  # noqa: S610 - of anyio

    def has_unread_data(self) -> bool:
        """Return whether data, or the end of the connection, was received below the connection that it did not read.

        They arrived in one piece with what it read. The socket does not show them,
        and the next request would get them as its response. Such a connection must be closed.
        """
        is_buffered = isinstance(self._opened, AsyncioStream) and self._opened.has_unread_data
        return is_buffered or any(_has_buffered_records(layer) for layer in self._tls_layers)

    async def aclose(self) -> None:
        """Close the socket, also if a TLS handshake over it was cancelled, after which httpcore does not close it."""
        if self._opened is not None:
            await self._opened.aclose()

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Raise, because the SDK does not support addresses of Unix sockets."""
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        """Sleep between attempts to connect."""
        await anyio.sleep(seconds)

    async def _connect(self, address: str, port: int) -> ByteStream:
        try:
            return await connect_tcp(address, port)
        except (OSError, anyio.BrokenResourceError) as error:
            raise self._library.ConnectError(error) from error

    def _on_write(self, buffer: bytes) -> None:
        if self.on_send is not None and not buffer.startswith(_PROXY_MESSAGES):
            self.on_send()


def _is_readable(socket: socket.socket | None) -> bool:
    number = -1 if socket is None else socket.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([number], [], [], 0)[0])


def _has_buffered_records(layer: ssl.SSLObject) -> bool:
    try:
        # It reads from the memory of the TLS library only, not from the socket.
        layer.read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True
    return True


async def connect_tcp(address: str, port: int) -> ByteStream:
    """Connect to an IP address on the running event loop.

    Args:
        address: IP address of the server or proxy.
        port: TCP port.

    Returns:
        The connected stream.

    Raises:
        OSError: The server did not accept the connection.
    """
    is_asyncio = isinstance(current_token().native_token, asyncio.AbstractEventLoop)
    return await (AsyncioStream.connect(address, port) if is_asyncio else anyio.connect_tcp(address, port))


async def _run_in_empty_context(connect: Callable[[], Coroutine[Any, Any, ByteStream]]) -> ByteStream:
    loop = current_token().native_token
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return await connect()  # trio does not keep a context with a socket
    task = loop.create_task(connect(), context=Context())
    try:
        return await task
    except asyncio.CancelledError:
        # The socket may have been opened at the moment of the cancellation.
        if task.done() and not task.cancelled() and task.exception() is None:
            with suppress(Exception):
                await task.result().aclose()
        raise


async def _connect_to_first(
    addresses: list[str], connect: Callable[[str], Coroutine[Any, Any, ByteStream]]
) -> ByteStream:
    """Connect to several addresses ("Happy Eyeballs"): the next one starts after a delay, or when one fails."""
    winner: ByteStream | None = None
    errors: list[Exception] = []

    async def try_address(address: str, ended: anyio.Event) -> None:
        nonlocal winner
        try:
            stream = await connect(address)
        except Exception as error:  # noqa: BLE001 - raised below if no address accepts
            errors.append(error)
        else:
            if winner is None:
                winner = stream
                tasks.cancel_scope.cancel()
            else:
                await stream.aclose()
        finally:
            ended.set()

    try:
        async with anyio.create_task_group() as tasks:
            for address in addresses:
                ended = anyio.Event()
                tasks.start_soon(try_address, address, ended)
                with anyio.move_on_after(NEXT_ADDRESS_SECONDS):
                    await ended.wait()
    except BaseException:
        if winner is not None:
            with anyio.CancelScope(shield=True):
                await winner.aclose()
        raise
    if winner is None:
        raise errors[0] if len(errors) == 1 else ExceptionGroup("no address accepted a connection", errors)
    return winner
