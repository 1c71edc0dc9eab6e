"""Whether data waits at a connection, without a connection, without ``poll``, and in the TLS library."""

from __future__ import annotations

import socket
import ssl

import httpcore
import pytest

from duro.http.transport import network
from duro.http.transport.stream import NetworkStream


class Layer:
    """TLS object that raises an error, or returns data."""

    def __init__(self, error=None):
        self._error = error

    def read(self, _size):
        if self._error is not None:
            raise self._error
        return b"x"


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_connection_that_was_never_opened_counts_as_readable():
    assert network.Network().is_readable()


def test_a_closed_socket_counts_as_readable(pair):
    pair[0].close()
    assert network._is_readable(pair[0])
    assert network._is_readable(None)


@pytest.mark.parametrize("has_poll", [True, False])
def test_data_makes_a_socket_readable(pair, monkeypatch, has_poll):
    if not has_poll:  # as on Windows
        monkeypatch.delattr("select.poll", raising=False)
    ours, theirs = pair
    assert not network._is_readable(ours)
    theirs.sendall(b"x")
    assert network._is_readable(ours)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [(Layer(), True), (Layer(ssl.SSLError()), True), (Layer(ssl.SSLWantReadError()), False)],
)
def test_records_that_were_not_read_are_found(layer, expected):
    assert network._has_buffered_records(layer) == expected


@pytest.mark.anyio
async def test_an_empty_write_is_not_reported_and_unknown_information_is_none(raw_server):
    from anyio import connect_tcp

    server = raw_server(lambda _server, connection: connection.recv(1))
    host, port = server.url.partition("//")[2].split(":")
    writes = []
    async with await connect_tcp(host, int(port)) as connection:
        stream = NetworkStream(
            connection, httpcore, on_write=writes.append, on_tls=writes.append, is_readable=lambda: False
        )
        await stream.write(b"")
        assert stream.get_extra_info("socket") is None
        assert stream.get_extra_info("is_readable") is False
    assert writes == []
