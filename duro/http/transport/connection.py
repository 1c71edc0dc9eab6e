"""One connection to the API: direct, through an HTTP proxy, or through a SOCKS proxy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import anyio
import httpcore

from .network import Network
from .timeouts import CONNECT_TIMEOUT_SECONDS, KEEP_ALIVE_SECONDS

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from .library import Library

__all__ = ["SlotConnection"]


class SlotConnection:
    """One connection, opened by its first request. It sends one request at a time.

    httpcore's pool only creates the connection, direct or over a proxy. Its
    queue is not used, because the slots of the limiter are the queue.

    Args:
        origin: Scheme, host and port of the API.
        ssl_context: TLS context, ``None`` without TLS.
        proxy: Proxy, ``None`` for a direct connection.
        library: Module whose connections are used.
    """

    def __init__(
        self,
        origin: httpcore.Origin,
        ssl_context: ssl.SSLContext | None,
        proxy: httpcore.Proxy | None,
        *,
        library: Library = httpcore,
    ) -> None:
        self._network = Network(library)
        pool = library.AsyncConnectionPool(
            ssl_context=ssl_context, proxy=proxy, keepalive_expiry=KEEP_ALIVE_SECONDS, network_backend=self._network
        )
        self._connection = pool.create_connection(origin)
        self._is_new = True

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can send another request: it is idle, and nothing follows the last response.

        Bytes after a response would be read as the response to the next request.
        """
        return (
            self._connection.is_idle()
            and not _has_trailing_data(self._connection)
            and not self._network.has_buffered_records()
        )

    @property
    def has_expired(self) -> bool:
        """Whether the server closed the connection, or it was idle for too long."""
        return self._connection.has_expired()

    async def send(self, request: httpcore.Request, on_send: Callable[[], None]) -> httpcore.Response:
        """Send a request, and receive the status and the headers of the response.

        Args:
            request: Request to send.
            on_send: Function to call before the first byte of the request may be written.

        Returns:
            The response, whose body is not yet received.

        Raises:
            TimeoutError: No connection was established in time.
            Exception: The connection failed.
        """
        try:
            if not self._is_new:
                self._network.on_send = on_send
                return await self._connection.handle_async_request(request)
            self._is_new = False
            return await self._connect_and_send(request, on_send)
        finally:
            # A connection must not keep the request of an earlier call in memory.
            self._network.on_send = None

    async def _connect_and_send(self, request: httpcore.Request, on_send: Callable[[], None]) -> httpcore.Response:
        with anyio.CancelScope(deadline=anyio.current_time() + CONNECT_TIMEOUT_SECONDS) as connecting:

            def end_connecting() -> None:
                connecting.deadline = math.inf
                on_send()

            self._network.on_send = end_connecting
            return await self._connection.handle_async_request(request)
        raise TimeoutError(f"no connection was established within {CONNECT_TIMEOUT_SECONDS:g} s")

    async def aclose(self) -> None:
        """Close the connection."""
        try:
            await self._connection.aclose()
        finally:
            await self._network.aclose()


def _has_trailing_data(connection: Any) -> bool:
    # httpcore does not make this public. Without it, a connection is used for one request.
    while (h11_state := getattr(connection, "_h11_state", None)) is None:
        connection = getattr(connection, "_connection", None)
        if connection is None:
            return True
    data, is_ended = h11_state.trailing_data
    return bool(data) or is_ended
