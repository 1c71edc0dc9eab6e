"""Connections while the server stops."""

from __future__ import annotations

import asyncio

import uvicorn
from uvicorn.server import ServerState

from duro.sandbox.http.connection import STOPPING, HTTPProtocol
from tests.support.timeouts import TIMEOUT


def test_a_connection_accepted_during_the_stop_is_closed_at_once() -> None:
    async def main() -> bytes:
        stopping = asyncio.Event()
        stopping.set()
        config = uvicorn.Config(lambda: None, lifespan="off", log_config=None)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: HTTPProtocol(config, ServerState(), {STOPPING: stopping}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"POST /v1/plans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n")
            try:
                return await reader.read()
            finally:
                writer.close()

    assert asyncio.run(asyncio.wait_for(main(), TIMEOUT)) == b""
