"""Connection of httpcore to the API: through an HTTP proxy, or through a SOCKS proxy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import anyio

from ..request import Headers, Response
from .body import RequestBody, read_body
from .network import Network
from .timeouts import CONNECT_TIMEOUT_SECONDS, KEEP_ALIVE_SECONDS

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterable, Callable

    import httpcore

    from ..request import Request
    from .address import Address
    from .library import Library

__all__ = ["HttpcoreConnection"]


class HttpcoreConnection:
    """One connection, opened by its first request. It sends one request at a time.

    httpcore's pool only creates the connection, direct or over a proxy. Its
    queue is not used, because the slots of the limiter are the queue.

    Args:
        address: Address of the API.
        ssl_context: TLS context, ``None`` without TLS.
        proxy: Proxy, ``None`` for a direct connection.
        library: Module whose connections are used.
    """

    def __init__(
        self,
        address: Address,
        ssl_context: ssl.SSLContext | None,
        proxy: httpcore.Proxy | None,
        *,
        library: Library,
    ) -> None:
        self._address = address
        self._library = library
        self._origin = library.Origin(
            b"https" if address.is_secure else b"http", address.host.encode("ascii"), address.port
        )
        self._network = Network(library)
        pool = library.AsyncConnectionPool(
            ssl_context=ssl_context, proxy=proxy, keepalive_expiry=KEEP_ALIVE_SECONDS, network_backend=self._network
        )
        self._connection = pool.create_connection(self._origin)
        self._is_new = True

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can send another request; see `SlotConnection`."""
        return (
            self._connection.is_idle()
            and not _has_trailing_data(self._connection)
            and not self._network.has_unread_data()
        )

    @property
    def has_expired(self) -> bool:
        """Whether the server closed the connection, or it was idle for too long."""
        return self._connection.has_expired()

    async def send(self, request: Request, on_send: Callable[[], None]) -> Response:
        """Send a request, and receive the complete response; see `SlotConnection`."""
        received = await self._send_head(self._to_httpcore(request), on_send)
        headers = Headers.from_lines((name.lower(), value) for name, value in received.headers)
        body = await read_body(cast("AsyncIterable[bytes]", received.stream), headers, limit=request.max_response_bytes)
        await received.aclose()
        return Response(received.status, headers, body)

    async def aclose(self) -> None:
        """Close the connection."""
        try:
            await self._connection.aclose()
        finally:
            await self._network.aclose()

    async def _send_head(self, request: httpcore.Request, on_send: Callable[[], None]) -> httpcore.Response:
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

    def _to_httpcore(self, request: Request) -> httpcore.Request:
        origin = self._origin
        url = self._library.URL(
            scheme=origin.scheme, host=origin.host, port=origin.port, target=self._address.find_target(request)
        )
        return self._library.Request(
            request.method,
            url,
            headers=self._address.list_headers(request),
            content=RequestBody(request.content or b""),
        )


def _has_trailing_data(connection: Any) -> bool:
    # httpcore does not make this public. Without it, a connection is used for one request.
    while (h11_state := getattr(connection, "_h11_state", None)) is None:
        connection = getattr(connection, "_connection", None)
        if connection is None:
            return True
    data, is_ended = h11_state.trailing_data
    return bool(data) or is_ended
