"""Loopback transport: posts to an endpoint of this machine over one kept connection.

A transport for any address takes several times as much CPU time for a request,
because it handles TLS, proxies, timeouts of single steps and several connections.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import h11
import httpcore

from ...http.request import NO_HEADERS, Headers, Request, Response
from ...http.transport.address import Address
from ...http.transport.body import BodyBuffer
from ...http.transport.failures import convert_errors
from ...http.transport.network import Network
from .response_head import parse_usual_head

if TYPE_CHECKING:
    from httpcore import AsyncNetworkStream

__all__ = ["LoopbackTransport"]

READ_BYTES: Final = 64 * 1024
# Size of the status line and the headers at most.
MAX_HEAD_BYTES: Final = 100 * 1024


class LoopbackTransport:
    """Transport to one URL with ``http://``. It sends one request at a time, and the caller limits its time.

    Args:
        url: URL of the requests.

    Raises:
        LocalProtocolError: The URL cannot be written as HTTP.
    """

    def __init__(self, url: str) -> None:
        self._address = Address.parse(url)
        target = url.removeprefix(self._address.prefix) or "/"
        # h11 checks the target, so that it is not checked for each request.
        self._first_line = h11.Request(method="POST", target=target, headers=[self._address.host_line])
        self._connection: _Connection | None = None

    async def send(self, request: Request) -> Response:
        """Post the content of a request, and return the complete response. The response is without headers.

        Args:
            request: Request to the URL. Its header lines are sent as they are.

        Raises:
            RequestNotSentError: The endpoint did not accept the connection.
            ResponseLostError: The connection failed after that.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        return await convert_errors(self._send(request), is_sent=lambda _: self._connection is not None)

    async def aclose(self) -> None:
        """Close the connection. Repeated calls are allowed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _send(self, request: Request) -> Response:
        if self._connection is not None and not self._connection.is_reusable:
            await self.aclose()
        if self._connection is None:
            self._connection = await _Connection.open(self._address, self._first_line)
        return await self._connection.post(request)


class _Connection:
    """Open connection.

    Args:
        network: Network layer of the connection.
        stream: Stream of the connection.
        head: Request line and ``Host`` header of all requests.
    """

    def __init__(self, network: Network, stream: AsyncNetworkStream, head: h11.Request) -> None:
        self._network = network
        self._stream = stream
        self._head = head
        self._head_bytes = (h11.Connection(h11.CLIENT).send(head) or b"").removesuffix(b"\r\n")
        self._is_idle = True

    @classmethod
    async def open(cls, address: Address, head: h11.Request) -> _Connection:
        """Connect to an address."""
        network = Network()
        return cls(network, await network.connect_tcp(address.host, address.port), head)

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can send another request."""
        return self._is_idle and not self._network.is_readable()

    async def post(self, request: Request) -> Response:
        """Send a request, and receive the complete response."""
        self._is_idle = False
        content = request.content or b""
        lines = b"".join([b"%b: %b\r\n" % line for line in request.headers])
        # An endpoint may respond and close the connection before it has read the request.
        with suppress(httpcore.WriteError):
            await self._stream.write(
                b"%b%bcontent-length: %d\r\n\r\n%b" % (self._head_bytes, lines, len(content), content)
            )
        return await self._receive(request.max_response_bytes)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._network.aclose()

    async def _receive(self, limit: int) -> Response:
        data = await self._stream.read(READ_BYTES)
        head = parse_usual_head(data)
        if head is not None and head.length <= limit:
            while len(data) < head.end and (received := await self._stream.read(READ_BYTES)):
                data += received
            if len(data) == head.end:
                self._is_idle = True
                return Response(head.status, NO_HEADERS, data[head.size :])
        return await self._receive_unusual(data, limit)

    async def _receive_unusual(self, data: bytes, limit: int) -> Response:
        """Receive a response with h11, which also describes the errors of invalid and incomplete ones."""
        protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        # To h11, the request is one without a body.
        protocol.send(self._head)
        protocol.send(h11.EndOfMessage())
        if data:
            protocol.receive_data(data)
        while not isinstance(event := await self._next_event(protocol), h11.Response):
            """Skip informational responses, of which an endpoint may send several."""
        headers = Headers.from_lines(event.headers)
        body = BodyBuffer(headers, limit=limit)
        while isinstance(chunk := await self._next_event(protocol), h11.Data):
            body.add(chunk.data)
        trailing_data, is_ended = protocol.trailing_data
        self._is_idle = protocol.their_state is h11.DONE and not trailing_data and not is_ended
        return Response(event.status_code, headers, body.decompress())

    async def _next_event(self, protocol: h11.Connection) -> object:
        while (event := protocol.next_event()) is h11.NEED_DATA:
            received = await self._stream.read(READ_BYTES)
            if not received and protocol.their_state is h11.SEND_RESPONSE:
                # The error of h11 would name its states.
                raise h11.RemoteProtocolError("Server disconnected without sending a response.")
            protocol.receive_data(received)
        return event
