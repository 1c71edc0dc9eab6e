"""Transports over httpx: a connection pool of the client, or an ``httpx.AsyncClient`` of the user."""

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
from ..event_loop import run_to_completion
from ..request import Headers, Response
from . import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from .compression import DecompressionError, decompress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from ..request import Request

__all__ = ["HttpxClientTransport", "HttpxTransport", "is_httpx_client"]

_logger = logging.getLogger("duro.transport")

CONNECT_TIMEOUT_SECONDS: Final = 5.0
# The limiter in front has as many slots as the pool has connections. A wait means that the pool lost connections.
POOL_TIMEOUT_SECONDS: Final = 2.0

_NOT_SENT_ERRORS: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


class HttpxTransport:
    """Connection pool of the client, on the transport layer of httpx.

    It does not use ``httpx.AsyncClient``, which logs every URL, checkout
    tokens included. A client also does work that an API client does not need,
    such as cookies, redirects and auth flows.

    Args:
        base_url: Address of the API. It determines TLS and the proxy from the environment.
        max_connections: Connections at most. All of them are kept alive.
        ssl_context: TLS settings. ``None`` uses httpx's default.
    """

    def __init__(self, base_url: str, *, max_connections: int, ssl_context: ssl.SSLContext | None = None) -> None:
        self._limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections)
        self._tls = ssl_context or _create_tls_context(secure=base_url.startswith("https://"))
        self._proxy = _find_proxy(base_url)
        self._pool = _Pool(self._open_pool())
        self.pools_replaced: int = 0

    async def send(self, request: Request) -> Response:
        """Send over a pooled connection. Replace the pool once if it lost its connections.

        Args:
            request: Request to send.

        Returns:
            The complete response.

        Raises:
            RequestNotSentError: No connection could be established.
            ResponseLostError: The connection failed during the exchange.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        pool = self._pool
        try:
            return await pool.send(request)
        except httpx.PoolTimeout:
            pass
        await self._replace_pool(pool)
        failure: RequestNotSentError
        try:
            return await self._pool.send(request)
        except httpx.PoolTimeout:
            failure = RequestNotSentError("the connection pool has no free connection")
        raise failure

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.close_when_idle()

    def _open_pool(self) -> httpx.AsyncHTTPTransport:
        issue: str
        try:
            return httpx.AsyncHTTPTransport(verify=self._tls, limits=self._limits, proxy=self._proxy, trust_env=False)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            issue = type(error).__name__
        raise ConfigurationError(
            f"the proxy from the environment is not supported ({issue}); set an http:// or https:// proxy, or pass an "
            "httpx.AsyncClient as transport="
        )

    async def _replace_pool(self, exhausted: _Pool) -> None:
        if self._pool is not exhausted:
            return
        self._pool = _Pool(self._open_pool())
        self.pools_replaced += 1
        _logger.warning("the connection pool lost its connections and was replaced")
        await exhausted.close_when_idle()


class _Pool:
    """One httpx pool that can be closed as soon as its last request ends."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self._transport = transport
        self._active_requests = 0
        self._is_closing = False

    async def send(self, request: Request) -> Response:
        self._active_requests += 1
        try:
            return await _send_and_read(
                request, self._transport.handle_async_request, pool_timeout=POOL_TIMEOUT_SECONDS
            )
        finally:
            self._active_requests -= 1
            if self._is_closing and not self._active_requests:
                await self._close()

    async def close_when_idle(self) -> None:
        self._is_closing = True
        if not self._active_requests:
            await self._close()

    async def _close(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._transport.aclose()


class HttpxClientTransport:
    """``httpx.AsyncClient`` of the user, with its proxies, certificates and hooks. The user closes it.

    Args:
        client: Client to send through.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: Request) -> Response:
        """Send through the user's client, without its auth and without redirects.

        Args:
            request: Request to send.

        Returns:
            The complete response.

        Raises:
            RequestNotSentError: No connection could be established.
            ResponseLostError: The connection failed during the exchange.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        if self._client.is_closed:
            raise RequestNotSentError("the httpx client passed as transport= is closed")
        failure: RequestNotSentError
        try:
            # The size of the user's pool is unknown here, so that a wait for it does not show a defect.
            return await _send_and_read(request, self._send_with_client, pool_timeout=request.timeout)
        except httpx.PoolTimeout:
            failure = RequestNotSentError("the httpx client passed as transport= has no free connection")
        raise failure

    async def _send_with_client(self, request: httpx.Request) -> httpx.Response:
        return await self._client.send(request, stream=True, auth=None, follow_redirects=False)

    async def aclose(self) -> None:
        """Do nothing, because the user closes the client."""


def is_httpx_client(candidate: object) -> TypeGuard[httpx.AsyncClient]:
    """Return whether an object is an ``httpx.AsyncClient``."""
    return isinstance(candidate, httpx.AsyncClient)


async def _send_and_read(
    request: Request, send: Callable[[httpx.Request], Awaitable[httpx.Response]], *, pool_timeout: float
) -> Response:
    failure: BaseException
    try:
        response = await send(_to_httpx(request, pool_timeout))
        headers = Headers((name.lower(), value) for name, value in response.headers.raw)
        return Response(response.status_code, headers, await _read_body(response, request.max_response_bytes))
    except httpx.PoolTimeout:
        raise
    except _NOT_SENT_ERRORS as error:
        failure = RequestNotSentError(_describe(error))
    except httpx.LocalProtocolError as error:
        failure = RequestNotSentError(f"the request is not valid HTTP ({_describe(error)})")
    except ResponseTooLargeError as error:
        failure = error.with_traceback(None)
    except (httpx.TransportError, DecompressionError) as error:
        failure = ResponseLostError(_describe(error))
    except (anyio.get_cancelled_exc_class(), KeyboardInterrupt) as error:
        # The frames of httpx and httpcore have the header lines as locals.
        failure = error.with_traceback(None)
    # Raised outside the handlers, so that no __context__ leads to httpx's request and its body.
    raise failure


class _Headers(httpx.Headers):
    """Headers whose repr hides all values. httpx hides only that of ``Authorization``."""

    def __repr__(self) -> str:
        return f"_Headers({list(self.keys())})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, because they may contain a secret")


class _Content(httpx.ByteStream):
    """Body whose iterator is not a generator. trio warns of each generator that a cancelled request does not finish."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._chunks = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Chunks(iter(self._chunks))


class _Chunks:
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


def _to_httpx(request: Request, pool_timeout: float) -> httpx.Request:
    outgoing = httpx.Request(
        request.method,
        request.url,
        headers=list(request.headers),
        content=request.content,
        extensions={
            "timeout": {
                "connect": min(CONNECT_TIMEOUT_SECONDS, request.timeout),
                "read": request.timeout,
                "write": request.timeout,
                "pool": min(pool_timeout, request.timeout),
            }
        },
    )
    outgoing.stream = _Content(request.content or b"")
    outgoing.headers = _Headers(outgoing.headers)
    return outgoing


async def _read_body(response: httpx.Response, limit: int) -> bytes:
    # One buffer, because a server may send single bytes, and each bytes object takes over 30 bytes.
    content = bytearray()
    try:
        if _declared_length(response) > limit:
            raise ResponseTooLargeError(limit)
        # The raw stream, because httpx decompresses each chunk without a limit and leaves generators unfinished.
        async for chunk in cast("httpx.AsyncByteStream", response.stream):
            if len(content) + len(chunk) > limit:
                raise ResponseTooLargeError(limit)
            content += chunk
    finally:
        # An interrupted close would leave the connection's slot in httpcore's pool occupied for good.
        await run_to_completion(response.aclose)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    return decompress(bytes(content), encoding, limit=limit)


def _declared_length(response: httpx.Response) -> int:
    declared = response.headers.get("content-length", "")
    return int(declared) if re.fullmatch("[0-9]{1,20}", declared) else 0


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@lru_cache(maxsize=2)
def _create_tls_context(*, secure: bool) -> ssl.SSLContext:
    """Create the context once, because loading the certificate authorities takes 20 ms. Without TLS, load none."""
    return httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _find_proxy(base_url: str) -> str | None:
    parts = urlsplit(base_url)
    if parts.hostname is None or urllib.request.proxy_bypass(parts.hostname):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
