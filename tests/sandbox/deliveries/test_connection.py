"""Kept connection of an endpoint: reuse, replacement of a dead one, the end of an idle one, and a timeout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from duro.sandbox.deliveries import endpoint_connection
from duro.sandbox.deliveries.due_delivery import DueDelivery
from duro.sandbox.deliveries.endpoint_connection import EndpointConnection
from tests.support.timeouts import TIMEOUT

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """HTTP/1.1 endpoint that counts its connections and requests."""

    def __init__(self) -> None:
        self.requests = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.closes_after_response = False
        self.is_silent = False
        self.disconnected = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.requests += 1
                if self.is_silent:
                    continue
                writer.write(RESPONSE)
                if self.closes_after_response:
                    # Without "Connection: close", as after the keep-alive timeout of a server.
                    break
        except asyncio.IncompleteReadError:
            self.disconnected.set()
        finally:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def serving() -> AsyncGenerator[tuple[Server, DueDelivery], None]:
    server = Server()
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield (
            server,
            DueDelivery(
                id=1,
                event_id="evt_1",
                event_type="invoice_created",
                payload=b"{}",
                endpoint_id="we_1",
                url=f"http://127.0.0.1:{port}/",
                secret="whsec_sandbox",
                attempt=1,
            ),
        )


@pytest.mark.asyncio
async def test_deliveries_share_one_connection() -> None:
    async with serving() as (server, due):
        connection = EndpointConnection()
        outcomes = [await connection.deliver(due) for _ in range(3)]
        assert [(each.status, each.response) for each in outcomes] == [(200, "ok")] * 3
        assert (len(server.writers), server.requests) == (1, 3)
        await connection.aclose()
        await asyncio.wait_for(server.disconnected.wait(), TIMEOUT)


@pytest.mark.asyncio
async def test_a_response_that_is_too_late_is_a_timeout_after_the_delivery_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving() as (server, due):
        connection = EndpointConnection()
        # The time of an attempt includes that of a new connection. This one is open when the short time begins.
        assert (await connection.deliver(due)).failure is None
        server.is_silent = True
        monkeypatch.setattr(endpoint_connection, "ATTEMPT_TIMEOUT_SECONDS", 0.05)
        outcome = await connection.deliver(due)
        assert (outcome.status, outcome.failure, outcome.was_sent) == (None, "no response within 0.05 s", True)
        await connection.aclose()
        await asyncio.wait_for(server.disconnected.wait(), TIMEOUT)


@pytest.mark.asyncio
async def test_a_connection_that_the_endpoint_closed_is_replaced_and_nothing_is_lost_or_doubled() -> None:
    async with serving() as (server, due):
        connection = EndpointConnection()
        server.closes_after_response = True
        for number in range(1, 6):
            assert (await connection.deliver(due)).failure is None
            assert (len(server.writers), server.requests) == (number, number)
            await server.writers[-1].wait_closed()
        await connection.aclose()
