"""Requests to a server on a bare socket, and handlers for it."""

from __future__ import annotations

import socket
import struct

from duro.http.request import Headers, Request

KEY = "sk_test_transport"


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def request_to(url, method="GET", content=None, *, timeout=5.0, lines=(), limit=100_000):
    headers = Headers.from_lines([(b"accept-encoding", b"gzip"), *lines])
    return Request(method, f"{url}/v1/things", headers, content, timeout, limit)


def reset(connection):
    """Close the connection with an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send_pieces(*pieces, then=lambda connection: None):
    def handle(server, connection):
        server.receive(connection)
        for piece in pieces:
            connection.sendall(piece)
        then(connection)

    return handle


def respond_with(response):
    def handle(server, connection):
        while server.receive(connection) is not None:
            connection.sendall(response)

    return handle


def send_nothing(server, connection):
    server.receive(connection)
    server.receive(connection)
