"""Sandbox that serves HTTPS: certificate, CA file, client options, and stop."""

from __future__ import annotations

import json
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from duro import AsyncDuro, ConfigurationError, ConnectionFailedError, Duro
from duro.sandbox import Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.tls import TLSConnection
from tests.support.webhook_receiver import listening


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(tls=True) as sandbox:
        yield sandbox


@pytest.fixture
def context(sandbox: Sandbox) -> ssl.SSLContext:
    assert sandbox.ssl_context is not None
    return sandbox.ssl_context


def connect(sandbox: Sandbox) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=TIMEOUT)


def open_idle_connection(sandbox: Sandbox, raw: socket.socket) -> TLSConnection:
    """Make a request on a connection, which then stays open."""
    assert sandbox.ssl_context is not None
    connection = TLSConnection(raw, sandbox.ssl_context)
    connection.sendall(b"HEAD /_sandbox/stats HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
    return connection


def test_the_url_is_https(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("https://127.0.0.1:")
    assert sandbox.options["base_url"] == sandbox.url


@pytest.mark.anyio
async def test_the_options_connect_an_asynchronous_client(sandbox: Sandbox) -> None:
    async with AsyncDuro(**sandbox.options) as client:
        created = await client.customers.create(email="ada@example.com")
        assert (await client.customers.retrieve(created.id)).email == "ada@example.com"


def test_the_options_connect_a_blocking_client(sandbox: Sandbox) -> None:
    with Duro(**sandbox.options) as client:
        created = client.customers.create(email="ada@example.com")
        assert client.customers.retrieve(created.id).email == "ada@example.com"


def test_a_client_that_does_not_trust_the_authority_is_refused(sandbox: Sandbox) -> None:
    options = sandbox.options
    del options["ssl_context"]
    with Duro(**options, retries=0) as client, pytest.raises(ConnectionFailedError):
        client.plans.list().page()


def test_the_ca_file_is_a_pem_file_of_the_authority(sandbox: Sandbox) -> None:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    with httpx.Client(verify=context) as client:
        assert client.get(f"{sandbox.url}/_sandbox/stats").status_code == 200


def test_the_client_context_trusts_one_authority(context: ssl.SSLContext) -> None:
    assert context.cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 1}
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_the_certificate_is_valid_for_each_name_of_loopback(sandbox: Sandbox, host: str) -> None:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    # Python 3.13 and newer check strictly by default.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with connect(sandbox) as raw:
        TLSConnection(raw, context, host)


def test_the_certificate_is_not_valid_for_another_host(sandbox: Sandbox, context: ssl.SSLContext) -> None:
    with connect(sandbox) as raw, pytest.raises(ssl.SSLCertVerificationError, match="is not valid for"):
        TLSConnection(raw, context, "api.example.com")


def test_another_loopback_address_is_in_the_certificate() -> None:
    try:
        socket.create_server(("127.0.0.2", 0)).close()
    except OSError:
        pytest.skip("this machine has one loopback address")
    with Sandbox(host="127.0.0.2", tls=True) as sandbox, Duro(**sandbox.options) as client:
        assert sandbox.url.startswith("https://127.0.0.2:")
        assert client.plans.list().page().items == ()


def test_the_ca_file_is_deleted_at_the_stop_and_each_start_has_an_authority_of_its_own() -> None:
    sandbox = Sandbox(tls=True)
    files, certificates = [], []
    for _ in range(2):
        with sandbox:
            assert sandbox.ca_file is not None
            files.append(Path(sandbox.ca_file))
            certificates.append(files[-1].read_text(encoding="utf-8"))
        assert not files[-1].parent.exists()
    assert certificates[0] != certificates[1]


def test_a_failed_start_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other_server:
        sandbox = Sandbox(port=other_server.getsockname()[1], tls=True)
        with pytest.raises(OSError, match="is in use"):
            sandbox.start()
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_without_tls_has_neither_file_nor_context() -> None:
    with Sandbox() as sandbox:
        assert sandbox.url.startswith("http://")
        assert sandbox.ca_file is None
        assert sandbox.ssl_context is None
        assert set(sandbox.options) == {"base_url", "client_id", "client_secret"}


def test_without_trustme_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    sandbox = Sandbox(tls=True)
    with pytest.raises(ConfigurationError, match=r"'trustme'.*pip install 'duro-sdk\[sandbox\]'"):
        sandbox.start()
    assert not sandbox.is_alive
    with Sandbox() as plain:
        assert plain.is_alive


def test_dashboard_and_control_routes_are_served_over_https(sandbox: Sandbox, context: ssl.SSLContext) -> None:
    with httpx.Client(base_url=sandbox.url, verify=context) as client:
        assert "<html" in client.get("/_sandbox/").text
        assert client.post("/_sandbox/faults", json={"kind": "status", "status": 503}).status_code == 201
        assert [fault["kind"] for fault in client.get("/_sandbox/faults").json()] == ["status"]
        assert client.delete("/_sandbox/faults").is_success
        assert client.get("/_sandbox/faults").json() == []


def test_events_are_delivered_to_an_endpoint_without_tls(sandbox: Sandbox) -> None:
    with listening() as receiver, Duro(**sandbox.options) as client:
        sandbox.endpoints.add(receiver.url)
        plan = client.plans.create(name="Pro", amount=100, interval="month", trial_days=7)
        client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
        sandbox.wait_for_deliveries()
        sandbox.endpoints.clear()
    assert [json.loads(delivery.body)["type"] for delivery in receiver.received] == ["subscription_created"]


@pytest.mark.usefixtures("stop_without_limit")
def test_a_stop_does_not_wait_for_an_idle_client() -> None:
    with Sandbox(tls=True) as sandbox, connect(sandbox) as raw:
        connection = open_idle_connection(sandbox, raw)
        sandbox.stop()
        # The notification of TLS, and the end of the TCP connection.
        assert connection.recv(1) == b""
        assert raw.recv(1) == b""


@pytest.mark.usefixtures("stop_without_limit")
def test_a_stop_does_not_wait_for_an_unfinished_handshake(caplog: pytest.LogCaptureFixture) -> None:
    with Sandbox(tls=True) as sandbox, connect(sandbox) as raw:
        with connect(sandbox) as other:
            open_idle_connection(sandbox, other)
        sandbox.stop()
        assert raw.recv(1) == b""
    assert caplog.records == []


@pytest.mark.parametrize("sent", [b"GET /v1/plans HTTP/1.1\r\nHost: here\r\n\r\n", b"\x00" * 100, b""])
def test_a_client_without_tls_is_disconnected_and_the_next_one_is_served(
    sandbox: Sandbox, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(sandbox) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65_536):
            pass
    with Duro(**sandbox.options) as client:
        assert client.token()
    assert caplog.records == []
