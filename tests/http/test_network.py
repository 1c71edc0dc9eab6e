"""Connections to a host name with several addresses."""

from __future__ import annotations

import socket
import ssl
import struct

import anyio
import pytest

from duro import AsyncDuro
from duro.config import RetryPolicy
from duro.errors import ConfigurationError, ConnectionFailedError
from duro.http.retry import MAX_BUDGETS, RetryBudgets
from duro.http.transport import RequestNotSentError, network
from duro.http.transport.httpcore import HttpcoreTransport
from duro.http.transport.network import Network
from duro.http.transport.tls import TlsContext
from tests.support.raw_http import KEY, OK, request_to, respond_with


class Stream:
    """Stream of one address, which counts how often it is closed."""

    def __init__(self, address):
        self.address = address
        self.closed = 0

    def extra(self, attribute, default):
        return default

    async def aclose(self):
        self.closed += 1


class Hosts:
    """Replacement of name resolution and of TCP: what happens at each address, in seconds or as an exception."""

    def __init__(self, **outcomes):
        self.outcomes = outcomes
        self.tried = []
        self.streams = []

    async def resolve(self, host, port):
        return list(self.outcomes)

    async def connect_tcp(self, address, *arguments):
        self.tried.append(address)
        outcome = self.outcomes[address]
        if isinstance(outcome, Exception):
            raise outcome
        if outcome:
            await anyio.sleep(outcome)
        self.streams.append(Stream(address))
        return self.streams[-1]


@pytest.fixture
def connect(monkeypatch):
    def begin(**outcomes):
        hosts = Hosts(**outcomes)
        monkeypatch.setattr(network, "resolve", hosts.resolve)

        async def connect_tcp(*arguments):
            return await hosts.connect_tcp(*arguments)

        monkeypatch.setattr(network, "connect_tcp", connect_tcp)
        return hosts, Network()

    return begin


@pytest.mark.anyio
async def test_next_address_is_tried_when_the_first_one_fails(connect):
    hosts, backend = connect(first=ConnectionRefusedError(), second=0)
    await backend.connect_tcp("api.example.com", 443)
    assert hosts.tried == ["first", "second"]
    await backend.aclose()
    assert [stream.closed for stream in hosts.streams] == [1]


@pytest.mark.anyio
async def test_next_address_is_tried_beside_a_slow_one(connect, monkeypatch):
    monkeypatch.setattr(network, "NEXT_ADDRESS_SECONDS", 0.01)
    hosts, backend = connect(silent=60, second=0, third=0)
    with anyio.fail_after(5):
        await backend.connect_tcp("api.example.com", 443)
    assert hosts.tried == ["silent", "second"]


@pytest.mark.anyio
async def test_failure_of_all_addresses_raises_each_error(connect):
    _, backend = connect(first=ConnectionRefusedError("one"), second=ConnectionResetError("two"))
    with pytest.raises(ExceptionGroup) as caught:
        await backend.connect_tcp("api.example.com", 443)
    assert [str(error) for error in caught.value.exceptions] == ["one", "two"]


@pytest.mark.anyio
async def test_second_connection_that_is_established_at_the_same_time_is_closed(connect):
    hosts, backend = connect(first=0, second=0)

    second_connected = anyio.Event()

    async def connect_despite_cancellation(address, *arguments):
        with anyio.CancelScope(shield=True):
            if address == "first":
                await second_connected.wait()
            stream = await Hosts.connect_tcp(hosts, address)
        if address == "second":
            second_connected.set()
        return stream

    hosts.connect_tcp = connect_despite_cancellation
    network_delay, network.NEXT_ADDRESS_SECONDS = network.NEXT_ADDRESS_SECONDS, 0.0
    try:
        await backend.connect_tcp("api.example.com", 443)
    finally:
        network.NEXT_ADDRESS_SECONDS = network_delay
    await backend.aclose()
    assert {stream.address: stream.closed for stream in hosts.streams} == {"first": 1, "second": 1}


@pytest.mark.anyio
async def test_cancelled_connect_leaves_no_stream_open(connect):
    hosts, backend = connect(first=60, second=60)
    with anyio.move_on_after(0.02) as scope:
        await backend.connect_tcp("api.example.com", 443)
    assert scope.cancelled_caught
    assert hosts.streams == []


@pytest.mark.anyio
async def test_addresses_of_unix_sockets_are_not_supported():
    with pytest.raises(NotImplementedError):
        await Network().connect_unix_socket("/nowhere")
    await Network().sleep(0)


@pytest.mark.anyio
async def test_addresses_of_a_host_that_all_refuse_raise_connection_failed(connect, monkeypatch):
    async def resolve(host, port):
        return ["127.0.0.1", "127.0.0.2"]

    monkeypatch.setattr(network, "resolve", resolve)
    async with AsyncDuro(KEY, base_url="http://localhost:1", retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="Connection refused"):
            await client.customers.create(name="Ada")


def reset(connection):
    """Reset a connection. The shutdown ends the wait of the server's thread, which would delay the close."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@pytest.mark.anyio
async def test_connection_that_the_server_reset_while_idle_is_replaced(raw_server):
    server = raw_server(respond_with(OK))
    async with AsyncDuro(KEY, base_url=server.url, retries=0) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(client.request, "GET", "/v1/things")
        for connection in server._open:
            reset(connection)
        for _ in range(3):
            await client.request("GET", "/v1/things")
    assert len(server.requests) == 6


@pytest.mark.parametrize("value", ["ca.pem", True, ssl.SSLContext])
def test_other_objects_are_refused_as_ssl_context(value):
    with pytest.raises(ConfigurationError, match=r"^ssl_context must be an ssl\.SSLContext"):
        AsyncDuro(KEY, ssl_context=value)


def test_context_for_servers_is_refused():
    with pytest.raises(ConfigurationError, match="must be for clients"):
        AsyncDuro(KEY, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


@pytest.mark.anyio
async def test_closed_transport_sends_nothing(raw_server):
    server = raw_server(respond_with(OK))
    transport = HttpcoreTransport(server.url, TlsContext())
    await transport.aclose()
    with pytest.raises(RequestNotSentError, match="closed"):
        await transport.send(request_to(server.url))
    assert server.connections == 0


def test_policies_with_other_budgets_do_not_fill_the_memory():
    budgets = RetryBudgets()
    for number in range(MAX_BUDGETS + 1):
        budgets.for_policy(RetryPolicy(budget=number))
    assert len(budgets._budgets) == 1
