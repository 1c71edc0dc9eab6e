"""Direct connections of the default transport, and the stream of asyncio below them."""

from __future__ import annotations

import asyncio
import socket

import anyio
import pytest
import pytest_asyncio
import respx
from anyio.abc import SocketAttribute

from duro import AsyncDuro
from duro.errors import TransportError
from duro.http.transport.asyncio_stream import MAX_BUFFERED_BYTES, AsyncioStream
from tests.support.raw_http import KEY, OK, reset, respond_with, send_pieces
from tests.support.timeouts import TIMEOUT

LIBRARIES = pytest.mark.parametrize("transport", ["httpx", "httpx2"])


@pytest.mark.anyio
async def test_a_mock_of_httpcore_gets_every_request_although_a_connection_is_idle(raw_server):
    server = raw_server(respond_with(OK))
    async with AsyncDuro(KEY, base_url=server.url) as client:
        await client.request("GET", "/v1/things")
        with respx.mock(using="httpcore") as mock:
            mock.get(f"{server.url}/v1/things").respond(json={"mocked": True})
            assert await client.request("GET", "/v1/things") == {"mocked": True}
        await client.request("GET", "/v1/things")
    assert len(server.requests) == 2


@pytest.mark.anyio
@LIBRARIES
async def test_informational_responses_are_skipped(transport, raw_server):
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    server = raw_server(respond_with(early * 2 + OK))
    async with AsyncDuro(KEY, base_url=server.url, transport=transport) as client:
        for _ in range(2):
            await client.request("GET", "/v1/things")
    assert server.connections == 1


@pytest.mark.anyio
@LIBRARIES
@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n", "RemoteProtocolError"),
        (b"", "Server disconnected without sending a response"),
    ],
    ids=["upgrade", "headers of 200 KB", "nothing"],
)
async def test_a_response_that_breaks_the_protocol_is_a_lost_response(transport, head, problem, raw_server):
    server = raw_server(send_pieces(head) if head else send_pieces())
    async with AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client:
        with pytest.raises(TransportError, match=problem):
            await client.request("GET", "/v1/things")


@pytest_asyncio.fixture
async def pair():
    """Stream that is connected to a socket of the test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = await AsyncioStream.connect(*listener.getsockname())
        peer, _ = listener.accept()
    with peer:
        peer.setblocking(False)
        yield stream, peer
        await stream.aclose()


async def pump():
    """Run the event loop until it has read what has arrived."""
    for _ in range(20):
        await asyncio.sleep(0)


async def wait_for_data(stream):
    """Wait until data has arrived. The kernel of a busy machine may deliver it after the send has returned."""
    async with asyncio.timeout(TIMEOUT):
        while not stream.has_unread_data:
            await asyncio.sleep(0.001)


@pytest.mark.asyncio
class TestAsyncioStream:
    async def test_bytes_are_received_in_pieces_of_the_requested_size(self, pair):
        stream, peer = pair
        peer.sendall(b"abcde")
        assert [await stream.receive(2), await stream.receive(2), await stream.receive(2)] == [b"ab", b"cd", b"e"]

    async def test_bytes_before_the_end_are_received_first(self, pair):
        stream, peer = pair
        peer.sendall(b"a")
        peer.shutdown(socket.SHUT_WR)
        await wait_for_data(stream)
        assert await stream.receive() == b"a"
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        await stream.send(b"still open")
        assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"still open"

    async def test_a_server_that_sends_too_much_is_slowed_down_until_it_is_read(self, pair):
        stream, peer = pair
        received = sent = 0
        while sent < 64 * MAX_BUFFERED_BYTES:
            try:
                sent += peer.send(bytes(MAX_BUFFERED_BYTES))
            except BlockingIOError:
                await pump()
                if stream._buffered_bytes > MAX_BUFFERED_BYTES:
                    break
        assert MAX_BUFFERED_BYTES < stream._buffered_bytes <= 2 * MAX_BUFFERED_BYTES
        while received < sent:
            received += len(await stream.receive())
        assert received == sent
        assert not stream.has_unread_data

    async def test_a_reset_is_a_broken_stream_with_the_cause(self, pair):
        stream, peer = pair
        reset(peer)
        for operation in (stream.receive, lambda: stream.send(b"x")):
            with pytest.raises(anyio.BrokenResourceError) as caught:
                await operation()
            assert isinstance(caught.value.__cause__, ConnectionResetError)

    async def test_a_closed_stream_rejects_reads_and_writes(self, pair):
        stream, _ = pair
        await stream.aclose()
        for operation in (stream.receive, lambda: stream.send(b"x")):
            with pytest.raises(anyio.ClosedResourceError):
                await operation()
        assert stream.extra_attributes[SocketAttribute.raw_socket]().fileno() == -1

    async def test_a_cancelled_read_loses_no_bytes(self, pair):
        stream, peer = pair
        reading = asyncio.create_task(stream.receive())
        await pump()
        peer.sendall(b"a")
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await stream.receive() == b"a"

    async def test_one_direction_cannot_be_closed(self, pair):
        with pytest.raises(NotImplementedError):
            await pair[0].send_eof()
