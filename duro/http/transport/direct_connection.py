"""Direct connection to the API, on h11, the HTTP/1.1 parser of httpcore.

It does what the connection of httpcore does, for one request at a time. That
one takes three locks per request, and yields to the event loop at each.

h11 parses the responses. It would check each header line of a request with a
regular expression, which takes as long as the parsing.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import anyio
import h11

from ..request import Headers, Response
from .body import BodyBuffer
from .network import Network
from .timeouts import CONNECT_TIMEOUT_SECONDS, KEEP_ALIVE_SECONDS

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpcore

    from ..request import Request
    from .address import Address
    from .library import Library

__all__ = ["DirectConnection"]

READ_BYTES: Final = 64 * 1024
# Size of the status line and the headers at most.
MAX_HEAD_BYTES: Final = 100 * 1024

_END: Final = h11.EndOfMessage()


class DirectConnection:
    """One connection, opened by its first request. It sends one request at a time.

    Args:
        address: Address of the API.
        ssl_context: TLS context, ``None`` without TLS.
        library: Module whose errors the network layer raises.
    """

    def __init__(self, address: Address, ssl_context: ssl.SSLContext | None, *, library: Library) -> None:
        self._address = address
        self._ssl_context = ssl_context
        self._library = library
        self._network = Network(library)
        self._stream: httpcore.AsyncNetworkStream | None = None
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._expires_at = -math.inf

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can send another request; see `SlotConnection`."""
        trailing_data, is_ended = self._protocol.trailing_data
        is_idle = self._expires_at != -math.inf
        return is_idle and not trailing_data and not is_ended and not self._network.has_unread_data()

    @property
    def has_expired(self) -> bool:
        """Whether the server closed the connection, or it was idle for too long."""
        return time.monotonic() > self._expires_at or self._stream is None or self._network.is_readable()

    async def send(self, request: Request, on_send: Callable[[], None]) -> Response:
        """Send a request, and receive the complete response; see `SlotConnection`."""
        self._expires_at = -math.inf
        message = self._address.serialize(request)
        self._protocol.send(_build_head(request.method))
        self._protocol.send(_END)
        stream = self._stream or await self._connect()
        self._network.on_send = on_send
        try:
            # A server may respond and close the connection before it has read the request.
            with suppress(self._library.WriteError):
                await stream.write(message)
            response = await self._receive(stream, request.max_response_bytes)
        finally:
            # A connection must not keep the request of an earlier call in memory.
            self._network.on_send = None
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
            self._expires_at = time.monotonic() + KEEP_ALIVE_SECONDS
        return response

    async def aclose(self) -> None:
        """Close the connection."""
        self._expires_at = -math.inf
        await self._network.aclose()

    async def _connect(self) -> httpcore.AsyncNetworkStream:
        with anyio.CancelScope(deadline=anyio.current_time() + CONNECT_TIMEOUT_SECONDS):
            stream = await self._network.connect_tcp(self._address.host, self._address.port)
            if self._ssl_context is not None:
                self._ssl_context.set_alpn_protocols(["http/1.1"])
                stream = await stream.start_tls(self._ssl_context, self._address.host)
            self._stream = stream
            return stream
        raise TimeoutError(f"no connection was established within {CONNECT_TIMEOUT_SECONDS:g} s")

    async def _receive(self, stream: httpcore.AsyncNetworkStream, limit: int) -> Response:
        while not isinstance(event := await self._next_event(stream), h11.Response):
            pass  # an informational response, of which a server may send several
        headers = Headers.from_lines(event.headers)
        body = BodyBuffer(headers, limit=limit)
        while isinstance(data := await self._next_event(stream), h11.Data):
            body.add(data.data)
        return Response(event.status_code, headers, body.decompress())

    async def _next_event(self, stream: httpcore.AsyncNetworkStream) -> object:
        protocol = self._protocol
        while (event := protocol.next_event()) is h11.NEED_DATA:
            received = await stream.read(READ_BYTES)
            if not received and protocol.their_state is h11.SEND_RESPONSE:
                # The error of h11 would name its states.
                raise h11.RemoteProtocolError("Server disconnected without sending a response.")
            protocol.receive_data(received)
        return event


@lru_cache(maxsize=16)
def _build_head(method: str) -> h11.Request:
    """Return a request that is not sent. It tells h11 the method, which decides whether the response has a body."""
    return h11.Request(method=method, target="/", headers=[("host", "")])
