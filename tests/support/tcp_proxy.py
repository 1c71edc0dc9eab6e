"""TCP proxy that is down for a part of each second."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress

import pytest

from tests.support.timeouts import TIMEOUT


class TcpProxy:
    """TCP proxy on loopback. While it is down, nothing listens on its port and no connection is open.

    Args:
        port: Port on 127.0.0.1 to forward to.
    """

    def __init__(self, port):
        self._upstream = port
        self.port = 0
        self.url = ""
        self.outages = 0
        self._writers = set()
        self._tasks = set()
        self._server = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Listen, on the same port as before."""
        self._run(self._start())

    def stop(self):
        """Close the listening socket, and reset all connections."""
        self._run(self._stop())

    def close(self):
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TIMEOUT)

    async def _start(self):
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self):
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.outages += 1

    async def _forward(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._upstream)
            self._writers.add(upstream)
            try:
                await asyncio.gather(self._copy(reader, upstream), self._copy(upstream_reader, writer))
            finally:
                self._writers.discard(upstream)
                upstream.transport.abort()
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    @staticmethod
    async def _copy(reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        # One direction has ended, so the other one ends as well.
        writer.transport.abort()


@pytest.fixture
def tcp_proxy(sandbox):
    """Return a running proxy in front of the sandbox."""
    proxy = TcpProxy(int(sandbox.url.rpartition(":")[2]))
    yield proxy
    proxy.close()
