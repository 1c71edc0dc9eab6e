"""Default transport: connections of the client, on parts of httpcore, the transport layer of httpx.

Each slot of the limiter in front of it holds one connection. A request that
fails or is cancelled costs its own connection and nothing else. In a pool with
a queue, a cancelled request could lose connections for good.

httpcore makes the connections through a proxy. Direct ones are connections of
the SDK, except while another library replaces the method of httpcore that sends
requests. Mocks such as respx do so, and must get every request.
"""

from __future__ import annotations

from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import unquote, urlsplit

import anyio
import httpcore

from ...errors import DuroError
from ..event_loop import run_to_completion
from . import RequestNotSentError
from .address import Address
from .direct_connection import DirectConnection
from .failures import convert_errors
from .httpcore_connection import HttpcoreConnection
from .route import describe_origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from ..request import Request, Response
    from .library import Library
    from .slot_connection import SlotConnection
    from .tls import TlsContext

__all__ = ["HttpcoreTransport"]

# Name of the method in its class, which a function that replaces it does not have.
_HANDLE: Final = "AsyncHTTPConnection.handle_async_request"


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
        self._address = Address.parse(base_url)
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
            response = await connection.send(request, on_send)
            is_complete = True
        finally:
            if is_complete and connection.is_reusable and not self._is_closed:
                self._idle.append(connection)
            else:
                await _close(connection)
        if len(self._idle) > 1 and self._idle[0].has_expired:
            # The one that was not used for the longest time. After a burst, each call closes one.
            await _close(self._idle.pop(0))
        return response

    async def _find_idle(self) -> SlotConnection | None:
        kind = self._find_kind()
        while self._idle:
            connection = self._idle.pop()
            if isinstance(connection, kind) and not connection.has_expired:
                return connection
            await _close(connection)
        return None

    def _find_kind(self) -> type[SlotConnection]:
        is_direct = self._proxy is None and not _is_replaced(self.library.AsyncHTTPConnection.handle_async_request)
        return DirectConnection if is_direct else HttpcoreConnection

    async def _create(self) -> SlotConnection:
        ssl_context = await self._tls.get() if self._address.is_secure else None
        if self._find_kind() is DirectConnection:
            return DirectConnection(self._address, ssl_context, library=self.library)
        return HttpcoreConnection(self._address, ssl_context, await self._build_proxy(), library=self.library)

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


def _is_replaced(method: object) -> bool:
    """Return whether a method is another function than the one in the source of its class."""
    code: CodeType | None = getattr(method, "__code__", None)
    is_original = isinstance(method, FunctionType) and code is not None and code.co_qualname == _HANDLE
    return not is_original


async def _close(connection: SlotConnection) -> None:
    async def close() -> None:
        # The connection is not used again. A failure to close it changes nothing about the response.
        with suppress(Exception):
            await connection.aclose()

    await run_to_completion(close)
