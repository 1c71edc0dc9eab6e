"""Transport with a limit on concurrent requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from ..event_loop import run_to_completion

if TYPE_CHECKING:
    from ..request import Request, Response
    from . import Transport

__all__ = ["LimitedTransport"]


class LimitedTransport:
    """Transport of one event loop, with as many slots as it has connections.

    Tasks wait for a slot here and not in the connection pool, where a
    cancelled task can lose a connection for good.

    Args:
        transport: Transport to send through.
        max_connections: Number of slots.
    """

    def __init__(self, transport: Transport, *, max_connections: int) -> None:
        self.transport = transport
        self.slots: anyio.Semaphore = anyio.Semaphore(max_connections, fast_acquire=True)

    async def send(self, request: Request) -> Response:
        """Wait for a slot, then send a request."""
        async with self.slots:
            return await self.transport.send(request)

    @property
    def route(self) -> str:
        """Way to the API, for messages."""
        return str(getattr(self.transport, "route", ""))

    async def aclose(self) -> None:
        """Close all connections, also if the caller is cancelled."""
        await run_to_completion(self.transport.aclose)
