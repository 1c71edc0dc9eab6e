"""Network connection of a request, which ASGI does not expose to an application."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import Any, Final

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["STOPPING", "Connection", "HTTPProtocol", "close_at_once"]

# Keys of the request's state: the transport of its connection, and the event that the server is stopping.
_TRANSPORT: Final = "duro.transport"
STOPPING: Final = "duro.stopping"

CLOSE_TIMEOUT_SECONDS: Final = 1.0

# SO_LINGER, on, with 0 seconds: close discards unsent bytes and resets the connection.
_NO_LINGER: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class HTTPProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with the transport in the state of each request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to serve a connection."""
        super().connection_made(transport)
        state: dict[str, Any] = {**self.app_state, _TRANSPORT: transport}
        self.app_state = state
        if state[STOPPING].is_set():
            # The server closed its connections just before it accepted this one.
            close_at_once(transport)


def close_at_once(transport: asyncio.BaseTransport) -> None:
    """Close a connection without waiting for the client.

    Args:
        transport: Transport of the connection.
    """
    transport.close()
    if isinstance(transport, asyncio.Transport) and transport.get_extra_info("ssl_object") is not None:
        # close() has sent the notification, but waits for that of the client, which an idle client does not send.
        transport.abort()


class Connection:
    """Connection of one request.

    Args:
        scope: ASGI scope of the request.
        receive: ASGI receive channel of the request. It reports the disconnect.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        state: dict[str, Any] = scope["state"]
        self._transport: asyncio.Transport = state[_TRANSPORT]
        self._stopping: asyncio.Event = state[STOPPING]
        self._receive = receive

    def write(self, data: bytes) -> None:
        """Send raw bytes, which bypass the server's HTTP state."""
        self._transport.write(data)

    async def drip(self, data: bytes, *, pause: float) -> None:
        """Send raw bytes one at a time until the client disconnects.

        Args:
            data: Bytes to send.
            pause: Seconds between two bytes.
        """
        for offset in range(len(data)):
            self.write(data[offset : offset + 1])
            if await self.wait_for_disconnect(within=pause):
                return

    async def close(self) -> None:
        """Send unsent bytes, and close the connection."""
        self._transport.close()
        if not await self.wait_for_disconnect(within=CLOSE_TIMEOUT_SECONDS):
            # The client does not read, so the bytes cannot be sent.
            self._transport.abort()
            await self.wait_for_disconnect()

    async def cut(self) -> None:
        """Close the connection without the notification that TLS requires. Without TLS, it equals ``close``."""
        if self._transport.get_extra_info("ssl_object") is not None and not self._transport.is_closing():
            with suppress(OSError):
                # The end of the stream follows the bytes sent so far. asyncio cannot do this for a TLS transport.
                self._transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
            await self.wait_for_disconnect(within=CLOSE_TIMEOUT_SECONDS)
            self._transport.abort()
        await self.close()

    async def reset(self) -> None:
        """Close the connection with a TCP reset, which the client receives as ``ECONNRESET``."""
        if not self._transport.is_closing():
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()
        await self.wait_for_disconnect()

    async def wait_for_disconnect(self, *, within: float | None = None) -> bool:
        """Wait until the connection is closed. A server that stops closes all connections.

        Args:
            within: Maximum wait in seconds. ``None`` waits without a limit.

        Returns:
            Whether the connection was closed in time.
        """
        try:
            async with asyncio.timeout(within):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    async def sleep(self, seconds: float) -> bool:
        """Wait, even if the client disconnects. A server that stops ends the wait.

        Args:
            seconds: Time to wait in seconds.

        Returns:
            Whether the whole time has passed.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return True
        return False
