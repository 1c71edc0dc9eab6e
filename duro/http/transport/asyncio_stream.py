"""TCP stream of asyncio with fewer steps than that of anyio, which yields to the event loop at each write."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

import anyio
from anyio.abc import ByteStream, SocketAttribute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["AsyncioStream"]

# A server that sends more than the client reads is slowed down from here on.
MAX_BUFFERED_BYTES: Final = 256 * 1024


class AsyncioStream(asyncio.Protocol, ByteStream):
    """Stream that is its own protocol. It reads in advance, and so notices at once that the server closed."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._chunks: deque[bytes] = deque()
        self._buffered_bytes = 0
        self._reader: asyncio.Future[None] | None = None
        self._is_ended = False
        self._is_lost = False
        self._is_closed = False
        self._error: Exception | None = None

    @classmethod
    async def connect(cls, address: str, port: int) -> AsyncioStream:
        """Connect to an IP address.

        Args:
            address: IP address of the server.
            port: TCP port.

        Returns:
            The connected stream.

        Raises:
            OSError: The server did not accept the connection.
        """
        _, stream = await asyncio.get_running_loop().create_connection(cls, address, port)
        return stream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport, which asyncio has connected."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Add received bytes to the buffer."""
        self._chunks.append(bytes(data))
        self._buffered_bytes += len(data)
        if self._buffered_bytes > MAX_BUFFERED_BYTES:
            self._transport.pause_reading()
        self._wake_reader()

    def eof_received(self) -> bool:
        """Store that the server sends no more, and keep the transport open for the rest of the request."""
        self._is_ended = True
        self._wake_reader()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Store that the connection ended."""
        self._error = exc
        self._is_ended = self._is_lost = True
        self._wake_reader()

    @property
    def has_unread_data(self) -> bool:
        """Whether bytes, or the end of the connection, arrived that were not received."""
        return bool(self._chunks) or self._is_ended

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        """Wait for bytes, and return them.

        Args:
            max_bytes: Number of bytes at most.

        Raises:
            EndOfStream: The server closed the connection.
            BrokenResourceError: The connection failed.
            ClosedResourceError: The stream was closed.
        """
        if not self._chunks and not self._is_ended:
            await self._wait_for_data()
        if not self._chunks:
            raise self._build_error(anyio.EndOfStream()) from self._error
        chunk = self._chunks.popleft()
        if len(chunk) > max_bytes:
            self._chunks.appendleft(chunk[max_bytes:])
            chunk = chunk[:max_bytes]
        was_full = self._buffered_bytes > MAX_BUFFERED_BYTES
        self._buffered_bytes -= len(chunk)
        if was_full and self._buffered_bytes <= MAX_BUFFERED_BYTES:
            self._transport.resume_reading()
        return chunk

    async def send(self, item: bytes) -> None:
        """Write bytes. This does not wait until they are sent, because the response may arrive before that.

        Args:
            item: Bytes to write.

        Raises:
            BrokenResourceError: The connection failed.
            ClosedResourceError: The stream was closed.
        """
        if self._is_lost or self._is_closed:
            raise self._build_error(anyio.BrokenResourceError()) from self._error
        self._transport.write(item)

    async def send_eof(self) -> None:
        """Raise, because a client of HTTP does not close one direction of a connection."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the socket."""
        self._is_closed = True
        self._transport.abort()
        # asyncio closes the socket in the next iteration of its loop.
        await asyncio.sleep(0)

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """Socket, which anyio looks up."""
        return {SocketAttribute.raw_socket: lambda: self._transport.get_extra_info("socket")}

    async def _wait_for_data(self) -> None:
        self._reader = asyncio.get_running_loop().create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _build_error(self, otherwise: Exception) -> Exception:
        if self._is_closed:
            return anyio.ClosedResourceError()
        return otherwise if self._error is None else anyio.BrokenResourceError()
