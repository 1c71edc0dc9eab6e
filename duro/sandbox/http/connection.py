"""The connection under a request, which an ASGI application has no other way to reach."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Any, Final

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["STOPPING", "Connection", "HTTPProtocol"]

# Where a request's scope holds its transport, and the event that the server is about to end.
_TRANSPORT: Final = "duro.transport"
STOPPING: Final = "duro.stopping"

CLOSE_SECONDS: Final = 1.0

# On, and no seconds to linger: closing throws away what is unsent, and resets the connection.
_NO_LINGER: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class HTTPProtocol(H11Protocol):
    """uvicorn's protocol, with the transport put where a request finds it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve a connection."""
        super().connection_made(transport)
        state: dict[str, Any] = {**self.app_state, _TRANSPORT: transport}
        self.app_state = state
        if state[STOPPING].is_set():
            # Accepted in the last instant, when the server had closed all that it knew.
            transport.close()


class Connection:
    """What can be done to the connection of one request.

    Args:
        scope: The request's scope.
        receive: The request's channel; it tells when the connection is gone.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        state: dict[str, Any] = scope["state"]
        self._transport: asyncio.Transport = state[_TRANSPORT]
        self._stopping: asyncio.Event = state[STOPPING]
        self._receive = receive

    def write(self, data: bytes) -> None:
        """Send bytes as they are, past HTTP."""
        self._transport.write(data)

    async def drip(self, data: bytes, *, pause: float) -> None:
        """Send bytes one at a time, as long as the client is there.

        Args:
            data: The bytes, past HTTP as well.
            pause: Seconds between two of them.
        """
        for offset in range(len(data)):
            self.write(data[offset : offset + 1])
            if await self.is_lost(within=pause):
                return

    async def close(self) -> None:
        """Send what is unsent, and end the connection."""
        self._transport.close()
        if not await self.is_lost(within=CLOSE_SECONDS):
            # The client reads nothing.
            self._transport.abort()
            await self.is_lost()

    async def reset(self) -> None:
        """End the connection with a TCP reset, which the client meets as ``ECONNRESET``."""
        if not self._transport.is_closing():
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()
        await self.is_lost()

    async def is_lost(self, *, within: float | None = None) -> bool:
        """Wait for the end of the connection; a server that stops ends them all.

        Args:
            within: Seconds to wait at most; ``None`` waits for as long as it takes.

        Returns:
            Whether it came.
        """
        try:
            async with asyncio.timeout(within):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    async def sleep(self, seconds: float) -> bool:
        """Wait, whether the client is there or not; only a server that stops ends it early.

        Returns:
            Whether the time has passed.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return True
        return False
