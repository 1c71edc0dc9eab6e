"""Stream of bytes under httpcore, over a stream of anyio."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
from anyio.streams.tls import TLSAttribute, TLSStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import ByteStream

    from .library import Library

__all__ = ["NetworkStream"]

_BROKEN: tuple[type[Exception], ...] = (anyio.BrokenResourceError, anyio.ClosedResourceError)


class NetworkStream(httpcore.AsyncNetworkStream):
    """Stream that reports each write, and each layer of TLS.

    It ignores timeouts, because the transport bounds the whole exchange with one
    cancel scope. httpcore's own stream enters one for each read and each write.

    Args:
        stream: Stream of a socket, or of TLS over it.
        library: Module whose connection uses the stream. It expects its own exceptions.
        on_write: Function to call with the bytes before they are written.
        on_tls: Function to call with the TLS object after each handshake.
        is_readable: Function that returns whether data, or the end of the connection, arrived at the socket.
    """

    def __init__(
        self,
        stream: ByteStream,
        library: Library,
        *,
        on_write: Callable[[bytes], None],
        on_tls: Callable[[ssl.SSLObject], None],
        is_readable: Callable[[], bool],
    ) -> None:
        self._stream = stream
        self._library = library
        self._on_write = on_write
        self._on_tls = on_tls
        self._is_readable = is_readable

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109 - of httpcore
        """Receive bytes, none at the end of the stream."""
        try:
            return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except _BROKEN as error:
            raise self._library.ReadError(error) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 - of httpcore
        """Send bytes."""
        if not buffer:
            return
        self._on_write(buffer)
        try:
            await self._stream.send(buffer)
        except _BROKEN as error:
            raise self._library.WriteError(error) from error

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - of httpcore
    ) -> httpcore.AsyncNetworkStream:
        """Return the stream of TLS over this one, after the handshake."""
        try:
            # Many servers close a connection without the message "close_notify".
            stream = await TLSStream.wrap(
                self._stream, hostname=server_hostname, ssl_context=ssl_context, standard_compatible=False
            )
        except (anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError) as error:
            await self.aclose()
            raise self._library.ConnectError(error) from error
        self._on_tls(stream.extra(TLSAttribute.ssl_object))  # noqa: S610
        return NetworkStream(
            stream, self._library, on_write=self._on_write, on_tls=self._on_tls, is_readable=self._is_readable
        )

    def get_extra_info(self, info: str) -> Any:
        """Return the TLS object, or whether data or the end of the connection has arrived."""
        if info == "ssl_object":
            return self._stream.extra(TLSAttribute.ssl_object, None)  # noqa: S610
        if info == "is_readable":
            return self._is_readable()
        return None

    async def aclose(self) -> None:
        """Close the socket."""
        await self._stream.aclose()
