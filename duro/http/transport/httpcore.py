"""Default transport: connections of the client, on httpcore, the transport layer of httpx.

Each slot of the limiter in front of it holds one connection. A request that
fails or is cancelled costs its own connection and nothing else. In a pool with
a queue, a cancelled request could lose connections for good.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final, cast
from urllib.parse import unquote, urlsplit

import anyio
import httpcore

from ...errors import DuroError
from ..event_loop import run_to_completion
from ..request import Headers, Response
from . import RequestNotSentError
from .body import RequestBody, read_body
from .connection import SlotConnection
from .failures import convert_errors
from .route import describe_origin

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable

    from ..request import Request
    from .library import Library
    from .tls import TlsContext

__all__ = ["HttpcoreTransport"]

_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


class HttpcoreTransport:
    """Connections of one event loop. The last one used is used first, so that the others can expire.

    The limiter in front bounds the number of requests, and therefore that of connections.

    Args:
        base_url: Address of the API.
        tls: TLS context of the client.
        proxy: Address of the proxy, ``None`` for direct connections.

    Attributes:
        library: Module whose connections are used.
    """

    library: ClassVar[Library] = httpcore

    def __init__(self, base_url: str, tls: TlsContext, proxy: str | None = None) -> None:
        parts = urlsplit(base_url)
        self._prefix = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.netloc.encode("ascii")
        host, is_secure = (parts.hostname or "").encode("ascii"), parts.scheme == "https"
        self._origin = self.library.Origin(parts.scheme.encode(), host, parts.port or (443 if is_secure else 80))
        self._is_secure = is_secure
        self._tls = tls
        self._proxy = proxy
        self._idle: list[SlotConnection] = []
        self._is_closed = False

    async def send(self, request: Request) -> Response:
        """Send over an idle connection, or over a new one.

        Args:
            request: Request to send.

        Returns:
            The complete response.

        Raises:
            RequestNotSentError: No byte of the request was written.
            ResponseLostError: The connection failed after that.
            ResponseTooLargeError: The response is larger than the request allows.
            ConfigurationError: The certificate authorities from the environment are unusable.
        """
        if self._is_closed:
            # For example after a wait for a slot.
            raise RequestNotSentError("the client is closed", is_permanent=True)
        is_sent = False

        def on_send() -> None:
            nonlocal is_sent
            is_sent = True
            request.on_send(True)

        # Whether a byte was written decides, and not the class of the exception.
        return await convert_errors(self._send(request, on_send), is_sent=lambda _: is_sent, keep=(DuroError,))

    @property
    def route(self) -> str:
        """Way to the API, for messages."""
        return f"through the proxy {describe_origin(self._proxy)}" if self._proxy else "without a proxy"

    async def aclose(self) -> None:
        """Close the idle connections. Those in use are closed at the end of their request."""
        self._is_closed = True
        while self._idle:
            await _close(self._idle.pop())

    async def _send(self, request: Request, on_send: Callable[[], None]) -> Response:
        # One scope for all reads and writes, because each costs time.
        with anyio.CancelScope(deadline=anyio.current_time() + request.timeout):
            return await self._exchange(request, on_send)
        raise TimeoutError(f"no complete response was received within {request.timeout:g} s")

    async def _exchange(self, request: Request, on_send: Callable[[], None]) -> Response:
        connection = await self._find_idle() or await self._create()
        is_complete = False
        try:
            received = await connection.send(self._to_httpcore(request), on_send)
            headers = Headers.from_lines((name.lower(), value) for name, value in received.headers)
            body = await read_body(
                cast("AsyncIterable[bytes]", received.stream), headers, limit=request.max_response_bytes
            )
            await received.aclose()
            is_complete = True
        finally:
            if is_complete and connection.is_reusable and not self._is_closed:
                self._idle.append(connection)
            else:
                await _close(connection)
        if len(self._idle) > 1 and self._idle[0].has_expired:
            # The one that was not used for the longest time. After a burst, each call closes one.
            await _close(self._idle.pop(0))
        return Response(received.status, headers, body)

    async def _find_idle(self) -> SlotConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired:
                return connection
            await _close(connection)
        return None

    async def _create(self) -> SlotConnection:
        return SlotConnection(
            self._origin,
            await self._tls.get() if self._is_secure else None,
            await self._build_proxy(),
            library=self.library,
        )

    async def _build_proxy(self) -> httpcore.Proxy | None:
        if self._proxy is None:
            return None
        parts = urlsplit(self._proxy)
        auth = None
        if parts.username is not None:
            auth = (unquote(parts.username).encode(), unquote(parts.password or "").encode())
        ssl_context = await self._tls.get() if parts.scheme == "https" else None
        default_port = {"https": 443, "http": 80}.get(parts.scheme, 1080)
        url = self.library.URL(
            scheme=parts.scheme, host=parts.hostname or "", port=parts.port or default_port, target=b"/"
        )
        return self.library.Proxy(url, auth=auth, ssl_context=ssl_context)

    def _to_httpcore(self, request: Request) -> httpcore.Request:
        headers: list[tuple[bytes, bytes]] = [(b"host", self._host), *request.headers]
        if request.content is not None or request.method in _BODY_METHODS:
            headers.append((b"content-length", b"%d" % len(request.content or b"")))
        origin = self._origin
        return self.library.Request(
            request.method,
            self.library.URL(
                scheme=origin.scheme,
                host=origin.host,
                port=origin.port,
                target=request.url.removeprefix(self._prefix) or "/",
            ),
            headers=headers,
            content=RequestBody(request.content or b""),
        )


async def _close(connection: SlotConnection) -> None:
    async def close() -> None:
        # The connection is not used again. A failure to close it changes nothing about the response.
        with suppress(Exception):
            await connection.aclose()

    await run_to_completion(close)
