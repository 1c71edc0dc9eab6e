"""TCP proxy that is down for a part of each second."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress

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
        self._connections = {}
        self._listener = None
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
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        # asyncio.Server and sock_accept lose a connection that they accept during a close, and its client would hang.
        self._loop.add_reader(self._listener, self._accept, self._listener)

    def _accept(self, listener):
        with suppress(OSError):
            connection, _ = listener.accept()
            self._connections[connection] = self._loop.create_task(self._forward(connection))

    async def _stop(self):
        if self._listener is None:
            return
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._listener = None
        for task in self._connections.values():
            task.cancel()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)
        for connection in self._connections:
            # A task that was cancelled before its start has not closed it.
            connection.close()
        self._connections.clear()
        self.outages += 1

    async def _forward(self, connection):
        writers = []
        connection.setblocking(False)
        try:
            reader, writer = await asyncio.open_connection(sock=connection)
            writers.append(writer)
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._upstream)
            writers.append(upstream)
            await asyncio.gather(self._copy(reader, upstream), self._copy(upstream_reader, writer))
        finally:
            # Both are reset, as by a process that is killed.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for writer in writers:
                writer.transport.abort()

    @staticmethod
    async def _copy(reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        # One direction has ended, so the other one ends as well.
        writer.transport.abort()
