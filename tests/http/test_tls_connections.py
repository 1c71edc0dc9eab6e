"""Connections over TLS: reuse, ends by the server, and bodies whose end is the end of the connection."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
import httpx
import httpx2
import pytest

from duro import AsyncDuro, OutcomeUnknownError, TransportError
from duro.http.transport.httpcore import HttpcoreTransport
from duro.http.transport.httpcore2 import Httpcore2Transport
from duro.http.transport.httpx_client import HttpxClientTransport
from duro.http.transport.tls import TlsContext
from tests.support.raw_http import KEY, request_to
from tests.support.timeouts import TIMEOUT
from tests.support.tls_server import (
    OK,
    RESPONSE_HEAD,
    TLSFaultServer,
    TLSServerConnection,
    client_context,
    serve_requests,
    server_context,
)

pytestmark = pytest.mark.anyio

CLOSE_DELIMITED = RESPONSE_HEAD + b"\r\n" + b'{"id": "1"}'
FOREIGN = RESPONSE_HEAD + b"content-length: 15\r\n\r\n" + b'{"id": "other"}'
ENDS = {
    "close_notify": TLSServerConnection.send_notification,
    "close_notify and FIN": lambda connection: (connection.send_notification(), connection.end()),
    "FIN": TLSServerConnection.end,
    "RST": TLSServerConnection.reset,
}


class Server(TLSFaultServer):
    """Server that sends one response on each connection, and then ends the connection.

    Args:
        response: Bytes to send, ``None`` to serve all requests of a connection.
        end: Function that ends the connection.
    """

    def __init__(self, response=None, end=TLSServerConnection.end):
        self.ended = 0
        self._context = server_context()
        self._response = response
        self._end = end
        super().__init__(self._serve_connection)
        self.url = f"https://127.0.0.1:{self.port}"

    def _serve_connection(self, connection):
        if self._response is None:
            serve_requests(connection, self._context)
            return
        connection.handshake(self._context)
        if connection.receive_request():
            connection.send(self._response)
            self._end(connection)
            self.ended += 1
            connection.wait_for_disconnect()


@pytest.fixture
def serve():
    """Start a server, which is closed after the test."""
    servers = []

    def start(*arguments):
        servers.append(Server(*arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


OWN_CONNECTIONS = {"own connections": HttpcoreTransport, "own connections, httpcore2": Httpcore2Transport}
LIBRARIES = {"user's client": httpx, "user's client, httpx2": httpx2}


@pytest.fixture(params=[*OWN_CONNECTIONS, *LIBRARIES])
async def over_transport(request):
    """Return a function that creates a transport of each kind for an address."""
    library = LIBRARIES.get(request.param, httpx)
    async with library.AsyncClient(verify=client_context(), trust_env=False) as client:
        transports = []

        def create(url):
            if request.param in OWN_CONNECTIONS:
                transports.append(OWN_CONNECTIONS[request.param](url, TlsContext(client_context())))
            else:
                transports.append(HttpxClientTransport(client, library))
            return transports[-1]

        yield create
        for transport in transports:
            await transport.aclose()


async def test_connection_is_reused(serve, over_transport):
    server = serve()
    transport = over_transport(server.url)
    for _ in range(5):
        assert (await transport.send(request_to(server.url))).body == b"{}"
    assert (server.connections, len(server.requests)) == (1, 5)


async def send_three_requests(server, transport, body):
    for turn in range(1, 4):
        assert (await transport.send(request_to(server.url, "POST", b"{}"))).body == body
        with anyio.fail_after(TIMEOUT):
            while server.ended < turn:
                await anyio.sleep(0.005)
    assert (server.connections, len(server.requests)) == (3, 3)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["close_notify and FIN", "FIN"])
async def test_connection_that_the_server_ended_is_not_reused(end, serve, over_transport):
    server = serve(OK, ENDS[end])
    await send_three_requests(server, over_transport(server.url), b"{}")


async def test_body_without_a_length_ends_with_close_notify(serve, over_transport):
    server = serve(CLOSE_DELIMITED, ENDS["close_notify and FIN"])
    await send_three_requests(server, over_transport(server.url), b'{"id": "1"}')


def send_at_once(connection, *records):
    """Send several records of TLS in one piece, which the client receives with one call."""
    pieces = []
    raw, connection.raw = connection.raw, SimpleNamespace(sendall=pieces.append)
    for record in records:
        connection.send_notification() if record is None else connection.send(record)
    connection.raw = raw
    raw.sendall(b"".join(pieces))


# None is close_notify.
RECORDS = {
    "close_notify": [OK, None],
    "another response": [OK, FOREIGN],
    "another response and close_notify": [OK, FOREIGN, None],
    "the start of another response": [OK, FOREIGN[:20]],
    "close_notify after a body without a length": [CLOSE_DELIMITED, None],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", OWN_CONNECTIONS)
@pytest.mark.parametrize("records", RECORDS)
async def test_connection_with_records_after_the_response_is_not_reused(records, kind, serve):
    """Records that were received with the response are not visible on the socket."""
    server = serve(b"", lambda connection: send_at_once(connection, *RECORDS[records]))
    transport = OWN_CONNECTIONS[kind](server.url, TlsContext(client_context()))
    await send_three_requests(server, transport, RECORDS[records][0].partition(b"\r\n\r\n")[2])
    await transport.aclose()


@pytest.mark.parametrize("end", ENDS)
async def test_truncated_body_without_a_length_is_not_a_result(end, serve):
    server = serve(CLOSE_DELIMITED[:-3], ENDS[end])
    async with AsyncDuro(KEY, base_url=server.url, ssl_context=client_context(), retries=0) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.customers.create(name="Ada", idempotency_key="k-1")
        assert (caught.value.idempotency_key, caught.value.attempts) == ("k-1", 1)


@pytest.mark.parametrize("end", ["FIN", "RST"])
async def test_truncated_body_with_a_length_is_a_lost_response(end, serve):
    server = serve(OK[:-1], ENDS[end])
    async with AsyncDuro(KEY, base_url=server.url, ssl_context=client_context(), retries=0) as client:
        with pytest.raises(TransportError):
            await client.request("GET", "/v1/things")
