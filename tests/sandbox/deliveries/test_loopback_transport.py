"""Transport to endpoints on loopback: unusual responses, failures, and the reuse of its connection."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import h11
import pytest

from duro.http.request import Headers, Request
from duro.http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from duro.sandbox.deliveries.loopback_transport import LoopbackTransport
from duro.sandbox.deliveries.response_head import ResponseHead, parse_usual_head

COMPRESSED = gzip.compress(b"ok")
MAX_RESPONSE_BYTES = 1000


class Endpoint:
    """Endpoint that sends the same pieces for each request. ``None`` closes the connection."""

    def __init__(self, pieces: tuple[bytes | None, ...]) -> None:
        self.pieces = pieces
        self.heads: list[bytes] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(2)
                for piece in self.pieces:
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    # In a segment of its own.
                    await asyncio.sleep(0.001)
        except (asyncio.IncompleteReadError, ConnectionError):
            """The transport closed the connection."""
        finally:
            writer.close()


@asynccontextmanager
async def listening(*pieces: bytes | None) -> AsyncGenerator[tuple[Endpoint, LoopbackTransport], None]:
    endpoint = Endpoint(pieces)
    server = await asyncio.start_server(endpoint.handle, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks?a=b"
    transport = LoopbackTransport(endpoint.url)
    try:
        yield endpoint, transport
    finally:
        await transport.aclose()
        server.close()
        if endpoint.tasks:
            await asyncio.wait(endpoint.tasks, timeout=10)


def request(url: str) -> Request:
    headers = Headers([("Duro-Event-Id", "evt_1")])
    return Request("POST", url, headers, b"{}", timeout=10, max_response_bytes=MAX_RESPONSE_BYTES)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("pieces", "status", "body", "connections"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",), 200, b"ok", 1),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"o", b"k"), 200, b"ok", 1),
        ((b"HTTP/1.1 20", b"0 OK\r\nContent-Length: 2\r\n\r\nok"), 200, b"ok", 1),
        ((b"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n",), 204, b"", 1),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",), 200, b"ok", 1),
        ((b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n"), 500, b"", 1),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", None), 200, b"ok", 2),
        ((b"HTTP/1.0 200 OK\r\n\r\nok", None), 200, b"ok", 2),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1",), 200, b"ok", 2),
        (
            (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(COMPRESSED), COMPRESSED),
            200,
            b"ok",
            1,
        ),
    ],
    ids=["usual", "pieces", "split-head", "204", "chunked", "1xx", "close", "until-end", "trailing", "gzip"],
)
async def test_each_form_of_response_is_received_and_the_connection_is_kept_if_it_can_be(
    pieces: tuple[bytes | None, ...], status: int, body: bytes, connections: int
) -> None:
    async with listening(*pieces) as (endpoint, transport):
        responses = [await transport.send(request(endpoint.url)) for _ in range(2)]
        assert [(each.status, bytes(each.body)) for each in responses] == [(status, body)] * 2
        assert len(endpoint.tasks) == connections


@pytest.mark.asyncio
async def test_a_request_has_its_own_headers_and_those_of_the_connection() -> None:
    async with listening(b"HTTP/1.1 204 No Content\r\n\r\n") as (endpoint, transport):
        await transport.send(request(endpoint.url))
        host = endpoint.url.removeprefix("http://").partition("/")[0]
        assert endpoint.heads[0].decode().splitlines() == [
            "POST /webhooks?a=b HTTP/1.1",
            f"host: {host}",
            "duro-event-id: evt_1",
            "content-length: 2",
            "",
        ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ((None,), "RemoteProtocolError: Server disconnected without sending a response."),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", None), "peer closed connection"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",), "conflicting Content-Length"),
        ((b"220 mail.example\r\n\r\n",), "illegal status line"),
    ],
    ids=["no-response", "incomplete", "two-lengths", "not-http"],
)
async def test_an_invalid_or_incomplete_response_is_lost(pieces: tuple[bytes | None, ...], message: str) -> None:
    async with listening(*pieces) as (endpoint, transport):
        with pytest.raises(ResponseLostError, match=message):
            await transport.send(request(endpoint.url))


@pytest.mark.asyncio
async def test_a_response_above_the_limit_is_refused() -> None:
    async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n") as (endpoint, transport):
        with pytest.raises(ResponseTooLargeError):
            await transport.send(request(endpoint.url))


@pytest.mark.asyncio
async def test_nothing_is_sent_without_a_connection(closed_port: int) -> None:
    url = f"http://localhost:{closed_port}/"
    with pytest.raises(RequestNotSentError, match="Connection refused"):
        await LoopbackTransport(url).send(request(url))


def test_a_url_that_cannot_be_written_as_http_is_refused() -> None:
    with pytest.raises(h11.LocalProtocolError):
        LoopbackTransport("http://127.0.0.1/a b")


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ResponseHead(200, 38, 2)),
        (b"HTTP/1.1 500\r\ncontent-length:0 \r\n\r\n", ResponseHead(500, 35, 0)),
        (b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n\r\n", ResponseHead(200, 51, 2)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", ResponseHead(204, 27, 0)),
    ],
)
def test_a_usual_head_is_parsed(data: bytes, head: ResponseHead) -> None:
    assert parse_usual_head(data) == head
    assert len(data) >= head.size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive, close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_an_unusual_head_is_left_to_a_complete_parser(data: bytes) -> None:
    assert parse_usual_head(data) is None
