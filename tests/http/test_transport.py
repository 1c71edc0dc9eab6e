"""Transports over httpx and httpx2, at a server on a bare socket."""

from __future__ import annotations

import contextlib
import gzip
import ssl
import threading

import anyio
import httpx
import httpx2
import pytest

from duro import AsyncDuro
from duro.errors import ConnectionFailedError, OutcomeUnknownError, TransportError
from duro.http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from duro.http.transport.httpcore import HttpcoreTransport
from duro.http.transport.httpcore2 import Httpcore2Transport
from duro.http.transport.httpx_client import HttpxClientTransport
from duro.http.transport.limited import LimitedTransport
from duro.http.transport.tls import TlsContext
from tests.support.raw_http import KEY, OK, request_to, reset, respond_with, send_nothing, send_pieces

pytestmark = pytest.mark.anyio


OWN_CONNECTIONS = {"own connections": HttpcoreTransport, "own connections, httpcore2": Httpcore2Transport}
LIBRARIES = {"user's client": httpx, "user's client, httpx2": httpx2}


@pytest.fixture(params=[*OWN_CONNECTIONS, *LIBRARIES])
async def over_transport(request):
    """Transports of both libraries: connections of the client, and an ``AsyncClient`` of the user."""
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    library = LIBRARIES.get(request.param, httpx)
    async with library.AsyncClient(verify=bare, trust_env=False) as client:

        def make(url):
            if request.param in OWN_CONNECTIONS:
                made.append(OWN_CONNECTIONS[request.param](url, TlsContext()))
            else:
                made.append(HttpxClientTransport(client, library))
            return made[-1]

        made = []
        yield make
        for transport in made:
            await transport.aclose()


FAILURES = {
    "reset before the response": send_pieces(then=reset),
    "closed before the response": send_pieces(),
    "reset within the headers": send_pieces(b"HTTP/1.1 200 OK\r\ncontent-le", then=reset),
    "reset within the body": send_pieces(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", then=reset),
    "truncated": send_pieces(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
    "truncated chunks": send_pieces(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"),
    "garbage": send_pieces(b"\x00\xff\x13 this is not HTTP\r\n\r\n"),
    "bad chunks": send_pieces(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "bad gzip": send_pieces(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"),
    "endless headers": send_pieces(b"HTTP/1.1 200 OK\r\nx-long: " + b"a" * 200_000),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("failure", FAILURES)
async def test_failure_during_the_exchange_raises_response_lost(failure, method, raw_server, over_transport):
    server = raw_server(FAILURES[failure])
    with pytest.raises(ResponseLostError) as caught:
        await over_transport(server.url).send(request_to(server.url, method, b"{}" if method == "POST" else None))
    assert str(caught.value)
    assert caught.value.__context__ is None
    assert len(server.requests) == 1


async def test_missing_response_ends_with_the_timeout_of_the_request(raw_server, over_transport):
    server = raw_server(send_nothing)
    with anyio.fail_after(5), pytest.raises(ResponseLostError, match="Timeout"):
        await over_transport(server.url).send(request_to(server.url, timeout=0.2))


@pytest.mark.parametrize("transport", OWN_CONNECTIONS.values())
async def test_response_in_single_bytes_ends_with_the_timeout_of_the_request(transport, raw_server):
    def drip(server, connection):
        server.receive(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):  # the client closes the connection
            while not threading.Event().wait(0.05):
                connection.sendall(b" ")

    server = raw_server(drip)
    with anyio.fail_after(5), pytest.raises(ResponseLostError, match="no complete response was received within"):
        await transport(server.url, TlsContext()).send(request_to(server.url, timeout=0.3))


async def test_refused_connection_raises_request_not_sent(closed_port, over_transport):
    url = f"http://127.0.0.1:{closed_port}"
    with pytest.raises(RequestNotSentError, match="ConnectError") as caught:
        await over_transport(url).send(request_to(url))
    assert caught.value.__context__ is None


async def test_unknown_host_raises_request_not_sent(over_transport):
    with pytest.raises(RequestNotSentError):
        await over_transport("https://host.invalid").send(request_to("https://host.invalid"))


async def test_server_without_tls_raises_request_not_sent(raw_server, over_transport):
    server = raw_server(lambda _server, connection: connection.sendall(b"no tls here") or connection.recv(1))
    url = server.url.replace("http://", "https://")
    with pytest.raises(RequestNotSentError):
        await over_transport(url).send(request_to(url))


@pytest.mark.parametrize(
    "line",
    [(b"x-a", b"a\r\nx-b: b"), (b"x-a", b"a\nb"), (b"x-a", b"a\rb"), (b"x-a", b"a\0b"), (b"x a", b"a"), (b"", b"a")],
)
async def test_invalid_headers_raise_request_not_sent(line, raw_server):
    server = raw_server(respond_with(OK))
    transport = HttpcoreTransport(server.url, TlsContext())
    with pytest.raises(RequestNotSentError):
        await transport.send(request_to(server.url, lines=[line]))
    await transport.aclose()
    assert server.requests == []


async def test_a_path_with_a_space_raises_request_not_sent(raw_server):
    server = raw_server(respond_with(OK))
    transport = HttpcoreTransport(server.url, TlsContext())
    with pytest.raises(RequestNotSentError):
        await transport.send(request_to(f"{server.url}/a HTTP/1.1"))
    await transport.aclose()
    assert server.requests == []


async def test_response_is_complete(raw_server, over_transport):
    body = gzip.compress(b'{"a": "\xc3\xa9"}')
    head = b"HTTP/1.1 201 Created\r\nX-Request-ID: req_1\r\nContent-Encoding: gzip\r\ncontent-length: %d\r\n\r\n"
    server = raw_server(send_pieces(head % len(body) + body))
    response = await over_transport(server.url).send(request_to(server.url))
    assert (response.status, response.body, response.request_id) == (201, b'{"a": "\xc3\xa9"}', "req_1")
    assert all(name == name.lower() for name, _ in response.headers)


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary", b"308 Permanent"])
async def test_redirects_are_returned_as_responses(status, raw_server, over_transport):
    server = raw_server(respond_with(b"HTTP/1.1 " + status + b"\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"))
    response = await over_transport(server.url).send(request_to(server.url))
    assert response.status == int(status[:3])
    assert len(server.requests) == 1


TOO_LARGE = {
    "declared": b"content-length: 1001\r\n\r\n",
    "declared, and nearly endless": b"content-length: 18446744073709551616\r\n\r\n",
    "without a length": b"\r\n" + b"x" * 1_001,
    "in chunks": b"transfer-encoding: chunked\r\n\r\n" + b"a\r\n0123456789\r\n" * 101,
    "compressed": b"content-encoding: gzip\r\ncontent-length: 45\r\n\r\n" + gzip.compress(bytes(10_000)),
}


# After a body is abandoned, httpcore's generators are garbage-collected, which trio reports.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", TOO_LARGE)
async def test_response_above_the_limit_is_rejected_before_its_end(kind, raw_server, over_transport):
    server = raw_server(
        send_pieces(b"HTTP/1.1 200 OK\r\n" + TOO_LARGE[kind], then=lambda connection: connection.recv(1))
    )
    transport = over_transport(server.url)
    with anyio.fail_after(5), pytest.raises(ResponseTooLargeError, match="1000 bytes") as caught:
        await transport.send(request_to(server.url, timeout=60, limit=1_000))
    assert caught.value.__context__ is None


@pytest.mark.parametrize("compressed", [False, True])
async def test_response_at_the_limit_is_accepted(compressed, raw_server, over_transport):
    body = bytes(1_000)
    sent = gzip.compress(body) if compressed else body
    head = b"content-encoding: gzip\r\n" if compressed else b""
    server = raw_server(respond_with(b"HTTP/1.1 200 OK\r\n%scontent-length: %d\r\n\r\n%s" % (head, len(sent), sent)))
    response = await over_transport(server.url).send(request_to(server.url, limit=1_000))
    assert response.body == body


async def test_connection_is_reused(raw_server, over_transport):
    server = raw_server(respond_with(OK))
    transport = over_transport(server.url)
    for _ in range(5):
        await transport.send(request_to(server.url))
    assert (server.connections, len(server.requests)) == (1, 5)


async def test_connection_that_the_server_closed_is_not_reused(raw_server, over_transport):
    server = raw_server(send_pieces(OK))
    transport = over_transport(server.url)
    for turn in range(3):
        await transport.send(request_to(server.url))
        while server.ended <= turn:
            await anyio.sleep(0.005)
    assert (server.connections, len(server.requests)) == (3, 3)


async def test_connections_stay_within_the_limit(raw_server):
    server = raw_server(respond_with(OK))
    transport = LimitedTransport(HttpcoreTransport(server.url, TlsContext()), max_connections=3)
    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(transport.send, request_to(server.url))
    assert server.connections <= 3
    assert len(server.requests) == 30
    await transport.aclose()


@pytest.mark.parametrize("kind", ["reset", "truncated"])
async def test_lost_response_raises_the_documented_error(kind, raw_server):
    failure = FAILURES["reset before the response" if kind == "reset" else "truncated"]
    server = raw_server(failure)
    async with AsyncDuro(KEY, base_url=server.url, retries=0) as duro:
        with pytest.raises(OutcomeUnknownError) as caught:
            await duro.customers.create(name="Ada", idempotency_key="k-1")
        assert (caught.value.idempotency_key, caught.value.attempts) == ("k-1", 1)
        with pytest.raises(TransportError) as caught:
            await duro.customers.retrieve("cus_1")
        assert type(caught.value) is TransportError


async def test_refused_connection_raises_the_documented_error(closed_port):
    async with AsyncDuro(KEY, base_url=f"http://127.0.0.1:{closed_port}", retries=0) as duro:
        with pytest.raises(ConnectionFailedError, match="nothing was sent"):
            await duro.customers.create(name="Ada")
