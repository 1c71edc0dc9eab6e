"""HTTP server on sockets, with TLS or without, for responses that no correct server would send."""

from __future__ import annotations

import queue
import socket
import struct
import threading
from contextlib import suppress
from typing import NamedTuple

import pytest

from tests.support.timeouts import TIMEOUT
from tests.support.tls_server import server_context, write_authority


class ReceivedRequest(NamedTuple):
    """A request as the bytes on the connection showed it."""

    method: str
    path: str
    head: bytes
    body: bytes


class RawServer:
    """HTTP server that handles each request with ``reply``.

    ``reply`` receives a ``ReceivedRequest``. It returns the bytes of the response or one of these:

    - ``HANG``: Send nothing and keep the connection open.
    - ``HALF``: Send a part of the response and keep the connection open.
    - ``RESET``: Send a part of the response and reset the connection.
    """

    HANG = object()
    HALF = object()
    RESET = object()

    def __init__(self, context=None):
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: set[socket.socket] = set()
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self.reply = lambda request: self.json(b'{"path": "%s"}' % request.path.encode())
        self.received: list[ReceivedRequest] = []
        self.arrived: queue.Queue[ReceivedRequest] = queue.Queue()
        self.disconnected: queue.Queue[ReceivedRequest] = queue.Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def json(body, status="200 OK"):
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def wait_for_request(self):
        return self.arrived.get(timeout=TIMEOUT)

    def wait_for_disconnect(self):
        return self.disconnected.get(timeout=TIMEOUT)

    def close(self):
        # Without the shutdown, the thread blocked in accept() would keep the socket listening.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                # Not the method of an SSLSocket, which another thread is reading from.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with suppress(OSError):
            if self._context is not None:
                connection.settimeout(TIMEOUT)
                connection = self._context.wrap_socket(connection, server_side=True)
                connection.settimeout(None)
            self._open.add(connection)
            self._serve_requests(connection)

    def _serve_requests(self, connection):
        with connection:
            try:
                while request := self._read(connection):
                    self.received.append(request)
                    self.arrived.put(request)
                    response = self.reply(request)
                    if response is self.HANG or response is self.HALF:
                        try:
                            if response is self.HALF:
                                connection.sendall(self.json(b'{"path": "half"}')[:-8])
                            connection.recv(1)
                        finally:
                            self.disconnected.put(request)
                        return
                    if response is self.RESET:
                        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    connection.sendall(response)
            finally:
                self._open.discard(connection)

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65536)
        method, path, _ = head.decode("latin-1").split(" ", 2)
        return ReceivedRequest(method, path, head, body)


@pytest.fixture
def raw_server(security, tmp_path, monkeypatch):
    context = None
    if security == "tls":
        context = server_context()
        monkeypatch.setenv("SSL_CERT_FILE", write_authority(tmp_path))
    server = RawServer(context)
    yield server
    server.close()
