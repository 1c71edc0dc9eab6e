"""All kinds of transports that a client accepts, each open on the event loop that uses it."""

from __future__ import annotations

import ssl
import warnings
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import aiohttp
import anyio
import anyio.to_thread
import h11
import httpx
import httpx2
import httpx_aiohttp
import pytest

from duro.blocking import portal
from duro.http.request import Headers, Response

# Names of transports of the SDK, which pass through as ``transport=``.
NAMES = ("default", "httpx2", "aiohttp")
# "session" is an aiohttp session, "httpx-client" and "httpx2-client" are clients of these libraries, "httpx-aiohttp" is
# an httpx client on aiohttp, "factory" a function that returns an httpx client, and "streams" a transport on sockets of
# anyio.
TRANSPORTS = (*NAMES, "session", "httpx-client", "httpx2-client", "httpx-aiohttp", "factory", "streams")
# Transports whose tests of failures run without the mark ``load`` too.
FREQUENT = ("default", "aiohttp", "httpx-client")
WITHOUT_TRIO = ("aiohttp", "session", "httpx-aiohttp")
LOOPS = ("asyncio", "trio", "blocking")
CLIENTS = [
    (transport, loop) for transport in TRANSPORTS for loop in LOOPS if loop != "trio" or transport not in WITHOUT_TRIO
]


def parametrize_clients(clients=CLIENTS, *more):
    """Return pairs of a transport and a loop as parameters. Those of rare transports have the mark ``load``.

    Args:
        clients: Pairs of a transport and a loop.
        more: Further values of each parameter.
    """
    return [pytest.param(*client, *more, marks=() if client[0] in FREQUENT else pytest.mark.load) for client in clients]


class StreamTransport:
    """Transport as a user may write it: no mapping of exceptions, and one connection per request.

    Args:
        ssl_context: TLS context, ``None`` without TLS.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._ssl_context = ssl_context

    async def send(self, request):
        """Raise whatever the socket, TLS or h11 raises."""
        parts = urlsplit(request.url)
        if self._ssl_context is None:
            stream = await anyio.connect_tcp(parts.hostname, parts.port)
        else:
            stream = await anyio.connect_tcp(parts.hostname, parts.port, ssl_context=self._ssl_context)
        try:
            return await self._exchange(stream, request, parts)
        finally:
            # A regular close would wait for the server's close_notify.
            await anyio.aclose_forcefully(stream)

    async def _exchange(self, stream, request, parts):
        connection = h11.Connection(h11.CLIENT)
        content = request.content or b""
        headers = [
            (b"host", parts.netloc.encode()),
            (b"content-length", b"%d" % len(content)),
            (b"connection", b"close"),
            *((name, value) for name, value in request.headers if name != b"accept-encoding"),
        ]
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        await stream.send(
            connection.send(h11.Request(method=request.method, target=target, headers=headers))
            + connection.send(h11.Data(data=content))
            + connection.send(h11.EndOfMessage())
        )
        response, body = None, b""
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive())
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
        return Response(response.status_code, Headers(response.headers), body)

    async def aclose(self) -> None:
        """Do nothing, because no connection outlives its request."""


async def open_session(verify):
    """Return a session on the running event loop."""
    return open_session_now(verify)


def open_session_now(verify):
    """Return a session of aiohttp that closes its TLS connections also where asyncio does not.

    Up to Python 3.12.6 and 3.13.0, asyncio may leave a TLS connection open that the server closed. aiohttp has a
    setting for it, and warns about it where it does nothing.
    """
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=verify, enable_cleanup_closed=True))


@asynccontextmanager
async def open_transport(name, loop, ssl_context):
    """Yield the arguments that give a client this transport, and close it on the loop of the client.

    Args:
        name: One of ``TRANSPORTS``.
        loop: Loop of the client, one of ``LOOPS``.
        ssl_context: TLS context, ``None`` without TLS.
    """
    verify = False if ssl_context is None else ssl_context
    if name in NAMES:
        yield {"ssl_context": ssl_context, **({} if name == "default" else {"transport": name})}
    elif name == "streams":
        yield {"transport": StreamTransport(ssl_context)}
    elif name == "factory":
        yield {"transport": lambda: httpx.AsyncClient(verify=verify)}
    elif name == "session":
        session = await run_on_loop(loop, partial(open_session, verify))
        try:
            yield {"transport": session}
        finally:
            await run_on_loop(loop, session.close)
    else:
        below = httpx_aiohttp.AiohttpTransport(client=lambda: open_session_now(verify)) if "aiohttp" in name else None
        library = httpx2 if name == "httpx2-client" else httpx
        http = library.AsyncClient(verify=verify, transport=below)
        try:
            yield {"transport": http}
        finally:
            await run_on_loop(loop, http.aclose)


async def run_on_loop(loop, function):
    """Run an async function on the event loop of a client, also if the caller is cancelled."""
    with anyio.CancelScope(shield=True):
        if loop == "blocking":
            return await anyio.to_thread.run_sync(portal.run, function)
        return await function()
