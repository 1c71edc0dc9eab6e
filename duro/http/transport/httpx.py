"""The transport over httpx."""

from __future__ import annotations

import logging
import re
import ssl
import urllib.request
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn, TypeGuard, cast
from urllib.parse import urlsplit

import anyio
import httpx

from ...errors import ConfigurationError
from ..event_loop import finish
from ..request import Headers, Response
from . import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from .compression import UnreadableContentError, decoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from ..request import Request

__all__ = ["HttpxClientTransport", "HttpxTransport", "is_httpx_client"]

_logger = logging.getLogger("duro.transport")

CONNECT_TIMEOUT: Final = 5.0
# Behind a limiter as wide as the pool nobody waits for a connection, unless the pool has lost some.
POOL_TIMEOUT: Final = 2.0

_NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


class HttpxTransport:
    """Connections of its own, straight on httpx's transport.

    It goes below ``httpx.AsyncClient`` because the client would log every
    address, checkout tokens included, and does work that an API client has no
    use for (cookies, redirects, auth flows).

    Args:
        base_url: Where all requests go; picks TLS and the proxy of the environment.
        max_connections: Connections at most, all of them kept alive.
    """

    def __init__(self, base_url: str, *, max_connections: int) -> None:
        self._limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections)
        self._tls = _tls_context(secure=base_url.startswith("https://"))
        self._proxy = _proxy_for(base_url)
        self._pool = _Pool(self._open())
        self.pools_replaced = 0

    async def send(self, request: Request) -> Response:
        """Send over a pooled connection; a pool that lost its connections is replaced once.

        Args:
            request: What to send.

        Returns:
            The whole answer.

        Raises:
            RequestNotSentError: No connection could be made.
            ResponseLostError: The connection failed on the way.
            ResponseTooLargeError: The answer is larger than the request allows.
        """
        pool = self._pool
        try:
            return await pool.send(request)
        except httpx.PoolTimeout:
            pass
        await self._replace(pool)
        failure: RequestNotSentError
        try:
            return await self._pool.send(request)
        except httpx.PoolTimeout:
            failure = RequestNotSentError("no connection of the pool became free")
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.retire()

    def _open(self) -> httpx.AsyncHTTPTransport:
        issue: str
        try:
            return httpx.AsyncHTTPTransport(verify=self._tls, limits=self._limits, proxy=self._proxy, trust_env=False)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            issue = type(error).__name__
        raise ConfigurationError(
            f"the proxy of the environment cannot be used ({issue}); give an http:// or https:// one, or an "
            "httpx.AsyncClient of your own as transport="
        )

    async def _replace(self, dead: _Pool) -> None:
        if self._pool is not dead:
            return
        self._pool = _Pool(self._open())
        self.pools_replaced += 1
        _logger.warning("the connection pool lost its connections and was replaced")
        await dead.retire()


class _Pool:
    """One httpx pool, closed when it is retired and its last request is done."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self._transport = transport
        self._in_flight = 0
        self._retired = False

    async def send(self, request: Request) -> Response:
        self._in_flight += 1
        try:
            return await _exchange(request, self._transport.handle_async_request, pool_timeout=POOL_TIMEOUT)
        finally:
            self._in_flight -= 1
            if self._retired and not self._in_flight:
                await self._close()

    async def retire(self) -> None:
        self._retired = True
        if not self._in_flight:
            await self._close()

    async def _close(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._transport.aclose()


class HttpxClientTransport:
    """A client of the user's own, with its proxies, certificates and hooks; it stays the user's to close.

    Args:
        client: The client to send through.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: Request) -> Response:
        """Send through the user's client, without its auth and without redirects.

        Args:
            request: What to send.

        Returns:
            The whole answer.

        Raises:
            RequestNotSentError: No connection could be made.
            ResponseLostError: The connection failed on the way.
            ResponseTooLargeError: The answer is larger than the request allows.
        """
        if self._client.is_closed:
            raise RequestNotSentError("the given httpx client is closed")
        failure: RequestNotSentError
        try:
            # How wide the client's pool is only its maker knows, so waiting for it is no sign of anything.
            return await _exchange(request, self._hand_over, pool_timeout=request.timeout)
        except httpx.PoolTimeout:
            failure = RequestNotSentError("no connection of the given httpx client became free")
        raise failure

    async def _hand_over(self, request: httpx.Request) -> httpx.Response:
        return await self._client.send(request, stream=True, auth=None, follow_redirects=False)

    async def aclose(self) -> None:
        """Leave the client open: who made it closes it."""


def is_httpx_client(candidate: object) -> TypeGuard[httpx.AsyncClient]:
    """Tell whether this is an ``httpx.AsyncClient``."""
    return isinstance(candidate, httpx.AsyncClient)


async def _exchange(
    request: Request, send: Callable[[httpx.Request], Awaitable[httpx.Response]], *, pool_timeout: float
) -> Response:
    failure: BaseException
    try:
        response = await send(_to_httpx(request, pool_timeout))
        headers = Headers((name.lower(), value) for name, value in response.headers.raw)
        return Response(response.status_code, headers, await _body(response, request.max_response_bytes))
    except httpx.PoolTimeout:
        raise
    except _NEVER_LEFT as error:
        failure = RequestNotSentError(_describe(error))
    except httpx.LocalProtocolError as error:
        failure = RequestNotSentError(f"the request cannot be written as HTTP ({_describe(error)})")
    except ResponseTooLargeError as error:
        failure = error.with_traceback(None)
    except (httpx.TransportError, UnreadableContentError) as error:
        failure = ResponseLostError(_describe(error))
    except (anyio.get_cancelled_exc_class(), KeyboardInterrupt) as error:
        # The frames of httpx and httpcore hold the header lines as locals.
        failure = error.with_traceback(None)
    # Outside the handlers, so that no context leads to httpx's request and its body.
    raise failure


class _Headers(httpx.Headers):
    """Headers whose repr shows no value: httpx itself hides that of Authorization alone."""

    def __repr__(self) -> str:
        return f"_Headers({list(self.keys())})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, they may hold a secret")


class _Content(httpx.ByteStream):
    """A body whose iterator is no generator: trio complains of each that a cancelled request leaves half-way."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._pieces = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(iter(self._pieces))


class _Pieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


def _to_httpx(request: Request, pool_timeout: float) -> httpx.Request:
    outgoing = httpx.Request(
        request.method,
        request.url,
        headers=list(request.headers),
        content=request.content,
        extensions={
            "timeout": {
                "connect": min(CONNECT_TIMEOUT, request.timeout),
                "read": request.timeout,
                "write": request.timeout,
                "pool": min(pool_timeout, request.timeout),
            }
        },
    )
    outgoing.stream = _Content(request.content or b"")
    outgoing.headers = _Headers(outgoing.headers)
    return outgoing


async def _body(response: httpx.Response, limit: int) -> bytes:
    # One buffer: a server may send single bytes, and each would be an object of fifty.
    content = bytearray()
    try:
        if _declared_length(response) > limit:
            raise ResponseTooLargeError(limit)
        # As it came: httpx would unfold each piece whole, and leave its generators open when one is broken.
        async for chunk in cast("httpx.AsyncByteStream", response.stream):
            if len(content) + len(chunk) > limit:
                raise ResponseTooLargeError(limit)
            content += chunk
    finally:
        # Broken off here, httpcore would never get the connection's place in the pool back.
        await finish(response.aclose)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    return decoded(bytes(content), encoding, limit=limit)


def _declared_length(response: httpx.Response) -> int:
    declared = response.headers.get("content-length", "")
    return int(declared) if re.fullmatch("[0-9]{1,20}", declared) else 0


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@lru_cache(maxsize=2)
def _tls_context(*, secure: bool) -> ssl.SSLContext:
    """Make the context once: to read the list of authorities takes 20 ms, and without TLS none are needed."""
    return httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy_for(base_url: str) -> str | None:
    parts = urlsplit(base_url)
    if parts.hostname is None or urllib.request.proxy_bypass(parts.hostname):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
