"""Faults of TLS: each one raises a documented error that agrees with the requests that the server received."""

from __future__ import annotations

import ssl
import threading
import time
from functools import cache, partial
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
import pytest
import trustme

from duro import AsyncDuro, Duro
from duro.config import RetryPolicy
from duro.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    OutcomeUnknownError,
    TransportError,
)
from tests.support.timeouts import TIMEOUT
from tests.support.tls_server import (
    BAD_RECORD,
    HANDSHAKE_FAILURE,
    RESPONSE_HEAD,
    TLSFaultServer,
    TLSServerConnection,
    client_context,
    fail_after_request,
    serve_requests,
    server_context,
)
from tests.support.transports import CLIENTS, WITHOUT_TRIO, open_transport, parametrize_clients

pytestmark = pytest.mark.matrix

INTERFACES = ("asyncio", "trio", "blocking")
KEY = "key-of-the-write"
WITHOUT_RETRIES = RetryPolicy(retries=0)
WITH_RETRIES = RetryPolicy(retries=3, base_delay=0.01)
SHORT_TIMEOUT = 0.5
MAX_SECONDS = 5.0

HALF = RESPONSE_HEAD + b'content-length: 20\r\n\r\n{"id": "'


def send_half(connection):
    connection.send(HALF)


def send_half_of_the_headers(connection):
    connection.send(RESPONSE_HEAD[:-10])


def send_bad_record(connection):
    connection.raw.sendall(BAD_RECORD)


def send_other_bytes(connection):
    connection.raw.sendall(b"this is not a record of TLS\r\n\r\n")


AFTER_THE_REQUEST = {
    "end without close_notify": fail_after_request(TLSServerConnection.end),
    "end with close_notify": fail_after_request(TLSServerConnection.send_notification, TLSServerConnection.end),
    "close_notify alone": fail_after_request(TLSServerConnection.send_notification),
    "reset": fail_after_request(TLSServerConnection.reset),
    "bad record": fail_after_request(send_bad_record),
    "other bytes": fail_after_request(send_other_bytes),
    "alert": fail_after_request(TLSServerConnection.send_alert),
    "alert and end": fail_after_request(TLSServerConnection.send_alert, TLSServerConnection.end),
    "end in the headers": fail_after_request(send_half_of_the_headers, TLSServerConnection.end),
    "end in the body": fail_after_request(send_half, TLSServerConnection.end),
    "close_notify in the body": fail_after_request(send_half, TLSServerConnection.send_notification),
    "reset in the body": fail_after_request(send_half, TLSServerConnection.reset),
    "bad record in the body": fail_after_request(send_half, send_bad_record),
    "alert in the body": fail_after_request(send_half, TLSServerConnection.send_alert),
}


class HandshakeFault(NamedTuple):
    """Fault before the end of the handshake.

    Attributes:
        handle: Function that handles a connection.
        text: Pattern of the message.
    """

    handle: Any
    text: str


def over(**options):
    """Return a handler that serves requests with TLS settings made at the first connection."""
    settings = cache(lambda: server_context(*options.pop("identities", ()), **options))
    return lambda connection: serve_requests(connection, settings())


def refuse(connection):
    connection.raw.recv(65_536)
    connection.send_plain_alert(HANDSHAKE_FAILURE)
    connection.end()
    connection.wait_for_disconnect()


def serve_plain_http(connection):
    connection.raw.recv(65_536)
    connection.raw.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    connection.end()
    connection.wait_for_disconnect()


def close_after_the_hello(connection):
    connection.raw.recv(65_536)
    connection.end()
    connection.wait_for_disconnect()


TRUST = r"ssl_context=.*SSL_CERT_FILE"
CERTIFICATE_FAULTS = {
    "expired certificate": HandshakeFault(over(days_until_expiry=-1), "expired"),
    "certificate of an unknown authority": HandshakeFault(over(issuer=trustme.CA()), f"unknown authority.*{TRUST}"),
    "certificate for another address": HandshakeFault(over(identities=("192.0.2.1",)), "another IP address"),
    "certificate for another host": HandshakeFault(over(identities=("api.example.com",)), "another (host|IP)"),
}
HANDSHAKE_FAULTS = CERTIFICATE_FAULTS | {
    "refused": HandshakeFault(refuse, "refused the TLS handshake"),
    "client certificate required, TLS 1.2": HandshakeFault(
        over(require_certificate=True, versions=(ssl.TLSVersion.TLSv1_2,) * 2), "client certificate"
    ),
    "old version of TLS": HandshakeFault(
        over(versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)), r"TLS version.*TLS 1\.2"
    ),
    "plain HTTP": HandshakeFault(serve_plain_http, "does not use TLS"),
    "closed after the hello": HandshakeFault(close_after_the_hello, "TLS handshake"),
    "reset": HandshakeFault(TLSServerConnection.reset, "."),
    "closed at once": HandshakeFault(TLSServerConnection.end, "."),
}


@pytest.fixture
def serve():
    """Start a server whose function handles each connection."""
    servers = []

    def start(handle):
        servers.append(TLSFaultServer(handle))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def run_call(interface, server, method, *, transport="default", scheme="https", context=None, **options):
    """Make a call, and return its result or its error."""
    options = {
        "base_url": f"{scheme}://127.0.0.1:{server.port}",
        "retries": WITHOUT_RETRIES,
        "timeout": TIMEOUT,
        **options,
    }
    arguments = {"idempotency_key": KEY, "json": {"amount": 1}} if method == "POST" else {}

    def call_blocking(**transport_options):
        with Duro("sk_test_1", **options, **transport_options) as client:
            return client.request(method, "/v1/things", **arguments)

    async def main():
        async with open_transport(transport, interface, context or client_context()) as transport_options:
            if interface == "blocking":
                return await anyio.to_thread.run_sync(partial(call_blocking, **transport_options))
            async with AsyncDuro("sk_test_1", **options, **transport_options) as client:
                return await client.request(method, "/v1/things", **arguments)

    try:
        return anyio.run(main, backend="trio" if interface == "trio" else "asyncio")
    except Exception as error:
        return error


def check_lost(error, method):
    """Check the error of a request that may have been processed."""
    if method == "POST":
        assert type(error) is OutcomeUnknownError, repr(error)
        assert (error.idempotency_key, error.attempts) == (KEY, 1)
    else:
        assert type(error) is TransportError, repr(error)


@pytest.mark.parametrize(
    ("transport", "interface", "method"),
    [*parametrize_clients(CLIENTS, "POST"), *[("default", interface, "GET") for interface in INTERFACES]],
)
@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_a_fault_after_the_request_leaves_a_write_unknown(fault, transport, interface, method, serve):
    server = serve(AFTER_THE_REQUEST[fault])
    check_lost(run_call(interface, server, method, transport=transport), method)
    assert (server.connections, len(server.requests)) == (1, 1)


@pytest.mark.parametrize(("transport", "interface"), parametrize_clients())
@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_a_write_is_repeated_under_its_key_on_a_new_connection(fault, transport, interface, serve):
    handlers = iter([AFTER_THE_REQUEST[fault]])

    def handle(connection):
        next(handlers, over())(connection)

    server = serve(handle)
    assert run_call(interface, server, "POST", transport=transport, retries=WITH_RETRIES) == {}
    assert server.connections == 2
    first, second = server.requests
    assert first == second
    assert KEY.encode() in first


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("fault", HANDSHAKE_FAULTS)
def test_a_fault_of_the_handshake_is_a_failed_connection(fault, method, interface, serve):
    server = serve(HANDSHAKE_FAULTS[fault].handle)
    error = run_call(interface, server, method)
    assert type(error) is ConnectionFailedError, repr(error)
    with pytest.raises(ConnectionFailedError, match=HANDSHAKE_FAULTS[fault].text):
        raise error
    assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize(
    ("transport", "interface"), parametrize_clients([client for client in CLIENTS if client[0] != "default"])
)
@pytest.mark.parametrize("fault", HANDSHAKE_FAULTS)
def test_a_transport_that_proves_nothing_leaves_a_write_unknown_after_a_failed_handshake(
    fault, transport, interface, serve
):
    if transport in WITHOUT_TRIO and interface == "blocking":
        pytest.skip("under uvloop, aiohttp leaves a socket open that was reset before its handshake")
    server = serve(HANDSHAKE_FAULTS[fault].handle)
    error = run_call(interface, server, "POST", transport=transport)
    if transport in ("httpx-aiohttp", "streams"):
        check_lost(error, "POST")
    else:
        assert type(error) is ConnectionFailedError, repr(error)
        assert "nothing was sent" in str(error)
    assert server.requests == []


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS)
def test_a_certificate_error_is_not_retried(fault, method, interface, serve):
    server = serve(CERTIFICATE_FAULTS[fault].handle)
    error = run_call(interface, server, method, retries=WITH_RETRIES)
    assert type(error) is ConnectionFailedError, repr(error)
    assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("retries", [WITHOUT_RETRIES, WITH_RETRIES], ids=["without retries", "with retries"])
def test_a_missing_client_certificate_in_tls_1_3_is_reported_after_the_request_was_written(
    retries, method, interface, serve
):
    server = serve(over(require_certificate=True, versions=(ssl.TLSVersion.TLSv1_3,) * 2))
    error = run_call(interface, server, method, retries=retries)
    # The server has not seen the request, but the client cannot know that.
    check_lost(error, method)
    assert "client certificate" in str(error)
    assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_is_presented(version, interface, serve):
    server = serve(over(require_certificate=True, versions=(version, version)))
    assert run_call(interface, server, "POST", context=client_context(certificate=True)) == {}
    assert (server.connections, len(server.requests)) == (1, 1)


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("accepts_bytes", [True, False])
def test_a_silent_server_ends_with_the_deadline_as_not_sent(accepts_bytes, method, interface, serve):
    def keep_silent(connection):
        if accepts_bytes:
            connection.wait_for_disconnect()
        else:
            ended.wait(TIMEOUT)

    ended = threading.Event()
    server = serve(keep_silent)
    began = time.monotonic()
    error = run_call(interface, server, method, timeout=SHORT_TIMEOUT, retries=WITH_RETRIES)
    assert time.monotonic() - began < MAX_SECONDS
    ended.set()
    expected = (ConnectionFailedError,) if method == "POST" else (ConnectionFailedError, DeadlineExceededError)
    assert type(error) in expected, repr(error)
    assert server.requests == []


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_tls_server_on_a_plain_address_may_have_received_the_request(method, interface, serve):
    server = serve(partial(serve_requests, context=server_context()))
    check_lost(run_call(interface, server, method, scheme="http"), method)
    assert (server.connections, server.requests) == (1, [])
