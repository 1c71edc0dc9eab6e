"""Transport over connections of aiohttp that belong to the SDK."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING

import aiohttp

from ..event_loop import run_to_completion
from .address import Address
from .aiohttp_connector import Connector, on_connected
from .aiohttp_exchange import Exchanger, is_changed, is_supported
from .aiohttp_session import ADDED_HEADERS, SessionTransport
from .empty_context import InEmptyContext
from .route import describe_origin

if TYPE_CHECKING:
    import ssl

    from ..request import Request, Response
    from .aiohttp_session import Progress
    from .tls import TlsContext

__all__ = ["AiohttpTransport"]


class AiohttpTransport(SessionTransport):
    """Connections of the SDK on aiohttp, for one event loop of asyncio.

    A direct request uses a connection of aiohttp without its session, which
    takes most of the time of a request. A session sends the requests through a
    proxy. It also sends all requests while another library observes or replaces
    those of sessions, as for traces and mocks.

    Args:
        base_url: Address of the API.
        tls: TLS context of the client, used for an address with TLS.
        proxy: Address of an HTTP proxy, ``None`` for direct connections.
    """

    def __init__(self, base_url: str, tls: TlsContext, proxy: str | None = None) -> None:
        address = Address.parse(base_url)
        # The connector has timers, which keep their context.
        connector, session = Context().run(_open_session)
        super().__init__(session, owned=True)
        # The session skips them, and aiohttp need not prepare their names for each request.
        self._skipped_headers = None
        self._tls = tls if address.is_secure else None
        self._proxy = proxy
        self._exchanger = Exchanger(address, connector) if proxy is None and is_supported() else None

    async def send(self, request: Request) -> Response:
        """Send over an idle connection, or over a new one; see `SessionTransport.send`."""
        return await InEmptyContext(super().send(request))

    @property
    def route(self) -> str:
        """Way to the API, for messages."""
        return f"through the proxy {describe_origin(self._proxy)}" if self._proxy else "without a proxy"

    async def aclose(self) -> None:
        """Close all connections."""
        if self._exchanger is not None:
            self._exchanger.close()
        await run_to_completion(super().aclose)

    async def _send(self, request: Request, progress: Progress) -> Response:
        progress.begin_connecting()
        context: ssl.SSLContext | bool = True if self._tls is None else await self._tls.get()
        if self._exchanger is not None and not is_changed(self._session):
            return await self._exchanger.send(request, context, progress.end_connecting)
        on_connected.set(progress.end_connecting)
        try:
            return await self._exchange(request, ssl=context, proxy=self._proxy)
        finally:
            # A timer of the connector may keep a copy of the context.
            progress.release_request()


def _open_session() -> tuple[Connector, aiohttp.ClientSession]:
    connector = Connector()
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=ADDED_HEADERS,
        timeout=aiohttp.ClientTimeout(total=None),
    )
    return connector, session
