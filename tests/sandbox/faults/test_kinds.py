"""Fault kinds: their effect on the connection, and whether the call is processed."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, get_args

import httpx
import pytest

from duro.sandbox import FaultKind, Sandbox
from duro.sandbox.faults.kinds import KINDS
from duro.sandbox.http.connection import Connection
from tests.support.timeouts import TIMEOUT
from tests.support.tls import TLSConnection

Make = Callable[..., dict[str, Any]]

HOUR = 3600

TOKEN_REQUEST = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


@contextmanager
def open_request(sandbox: Sandbox, key: str = "the key") -> Generator[socket.socket | TLSConnection, None, None]:
    """Send a request that creates a customer, on a connection of its own."""
    body = json.dumps({"email": "ada@example.com"}).encode()
    head = (
        f"POST /v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {sandbox.secret_key}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as raw:
        connection = raw if sandbox.ssl_context is None else TLSConnection(raw, sandbox.ssl_context)
        connection.sendall(head.encode() + body)
        yield connection


def receive_chunks(connection: socket.socket | TLSConnection) -> Iterator[bytes]:
    """Receive until the connection ends."""
    with suppress(ssl.SSLEOFError):
        while chunk := connection.recv(65_536):
            yield chunk


def receive_response(connection: socket.socket | TLSConnection) -> tuple[list[str], bytes]:
    """Receive one response. The connection may stay open."""
    received = b""
    for chunk in receive_chunks(connection):
        received += chunk
        head, body = split(received)
        if f"content-length: {len(body)}" in head:
            return head, body
    raise AssertionError(f"the connection ended after {received!r}")


def split(response: bytes) -> tuple[list[str], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    return head.decode().lower().split("\r\n"), body


def customers(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Read the customers from the database, where no fault applies."""
    with sandbox._require().backend.store.transaction() as db:
        return [dict(row) for row in db.execute("SELECT id, email FROM customers")]


def wait_until(check: Callable[[], object]) -> bool:
    deadline = time.monotonic() + TIMEOUT
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def count_open_requests(sandbox: Sandbox) -> int:
    server = sandbox._require().server._uvicorn
    assert server is not None
    return len(server.server_state.tasks)


@pytest.fixture
def delay_ends(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Replace the time of a delay by an event that the test sets."""
    event = threading.Event()

    async def sleep(_connection: Connection, _seconds: float) -> bool:
        while not event.is_set():
            await asyncio.sleep(0.005)
        return True

    monkeypatch.setattr(Connection, "sleep", sleep)
    return event


@pytest.mark.plain_and_tls
class TestConnection:
    def test_reset_before_resets_the_connection_without_processing_the_call(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("reset_before")
        with open_request(sandbox) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert customers(sandbox) == []
        assert sandbox.stats.requests == 1

    def test_reset_after_processes_the_call_and_resets_the_connection(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("reset_after")
        with open_request(sandbox) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert len(customers(sandbox)) == 1
        # The request log has the API's response, not the client's.
        assert [(entry.status, entry.idempotency_key) for entry in sandbox.requests] == [(201, "the key")]

    def test_truncate_announces_the_whole_body_and_sends_half_of_it(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("truncate")
        with open_request(sandbox) as connection:
            head, body = split(b"".join(receive_chunks(connection)))
        with open_request(sandbox) as connection:
            _, whole = receive_response(connection)
        assert head[0] == "http/1.1 201 created"
        assert f"content-length: {len(whole)}" in head
        assert body == whole[: len(whole) // 2]
        assert len(customers(sandbox)) == 1

    @pytest.mark.parametrize(("kind", "is_clean"), [("truncate", False), ("drip", True)])
    def test_only_a_truncated_response_ends_without_the_notification_of_tls(
        self, sandbox: Sandbox, kind: Any, is_clean: bool
    ) -> None:
        sandbox.faults.add(kind)
        with open_request(sandbox) as connection:
            chunks = iter(lambda: connection.recv(65_536), b"")
            if is_clean or sandbox.ssl_context is None:
                assert b"".join(chunks)
            else:
                with pytest.raises(ssl.SSLEOFError):
                    b"".join(chunks)

    def test_garbage_is_a_200_without_json_on_a_connection_that_stays_open(
        self, sandbox: Sandbox, api: httpx.Client
    ) -> None:
        sandbox.faults.add("garbage")
        response = api.post("/v1/customers", json={"email": "ada@example.com"})
        assert response.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            response.json()
        assert len(customers(sandbox)) == 1
        assert "connection" not in response.headers

    def test_drip_sends_the_whole_response_in_many_chunks(self, sandbox: Sandbox) -> None:
        fault = sandbox.faults.add("drip", pause=0.002)
        with open_request(sandbox) as connection:
            received = list(receive_chunks(connection))
        head, body = split(b"".join(received))
        assert fault.times_applied == 1
        assert len(received) > 20
        assert head[0] == "http/1.1 201 created"
        assert f"content-length: {len(body)}" in head
        assert [json.loads(body)["id"]] == [customer["id"] for customer in customers(sandbox)]
        assert f"x-request-id: {sandbox.requests[0].request_id}".lower() in head

    @pytest.mark.parametrize("kind", ["truncate", "drip"])
    def test_the_response_to_a_head_request_has_no_body(self, sandbox: Sandbox, api: httpx.Client, kind: Any) -> None:
        whole = api.head("/v1/plans")
        sandbox.faults.add(kind)
        response = api.head("/v1/plans")
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["Content-Length"] == whole.headers["Content-Length"]

    def test_silence_processes_the_call_without_a_response(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("silence")
        with open_request(sandbox) as connection:
            assert wait_until(lambda: customers(sandbox))
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)

    def test_silence_without_commit_does_not_process_the_call(self, sandbox: Sandbox) -> None:
        fault = sandbox.faults.add("silence", commit=False)
        with open_request(sandbox) as connection:
            assert wait_until(lambda: fault.times_applied)
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        assert customers(sandbox) == []
        assert sandbox.stats.requests == 1

    def test_delay_sends_the_response_late(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("delay", seconds=0.2)
        started = time.monotonic()
        with open_request(sandbox) as connection:
            head, _ = receive_response(connection)
        assert head[0] == "http/1.1 201 created"
        assert time.monotonic() - started >= 0.2

    def test_a_delayed_call_is_processed_after_the_client_has_disconnected(
        self, sandbox: Sandbox, delay_ends: threading.Event
    ) -> None:
        fault = sandbox.faults.add("delay", seconds=HOUR)
        with open_request(sandbox):
            assert wait_until(lambda: fault.times_applied)
        assert customers(sandbox) == []
        delay_ends.set()
        assert wait_until(lambda: customers(sandbox))

    def test_a_delayed_call_that_was_repeated_during_the_delay_is_processed_once(
        self, sandbox: Sandbox, delay_ends: threading.Event
    ) -> None:
        fault = sandbox.faults.add("delay", seconds=HOUR)
        with open_request(sandbox) as delayed:
            assert wait_until(lambda: fault.times_applied)
            with open_request(sandbox) as repeated:
                _, first = receive_response(repeated)
            delay_ends.set()
            _, second = receive_response(delayed)
        assert first == second
        assert len(customers(sandbox)) == 1

    def test_status_responds_in_the_format_of_the_api_and_leaves_the_key_free(
        self, sandbox: Sandbox, api: httpx.Client
    ) -> None:
        sandbox.faults.add("status", status=429, retry_after=7)
        sandbox.faults.add("status", status=503)
        limited, failed, created = (api.post("/v1/customers", headers={"Idempotency-Key": "k"}) for _ in range(3))
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
        assert limited.json()["error"]["code"] == "rate_limited"
        assert (failed.status_code, failed.json()["error"]["code"]) == (503, "internal_error")
        assert "Retry-After" not in failed.headers
        assert created.status_code == 201
        assert len(customers(sandbox)) == 1
        assert [entry.status for entry in sandbox.requests] == [429, 503, 201]
        assert limited.headers["X-Request-Id"] == sandbox.requests[0].request_id

    @pytest.mark.parametrize("kind", ["reset_after", "truncate", "garbage", "drip", "silence"])
    def test_a_lost_response_is_repeated_under_its_key(self, sandbox: Sandbox, kind: Any) -> None:
        sandbox.faults.add(kind)
        with open_request(sandbox):
            assert wait_until(lambda: customers(sandbox))
        with open_request(sandbox) as again:
            _, body = receive_response(again)
        assert [json.loads(body)["id"]] == [customer["id"] for customer in customers(sandbox)]

    @pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "garbage", "drip"])
    def test_a_charge_happens_at_most_once(
        self, sandbox: Sandbox, api: httpx.Client, make_plan: Make, make_customer: Make, kind: Any
    ) -> None:
        body = {"customerId": make_customer()["id"], "planId": make_plan()["id"]}
        sandbox.faults.add(kind, times=2)
        for _ in range(2):
            with suppress(httpx.TransportError):
                api.post("/v1/subscriptions", json=body, headers={"Idempotency-Key": "charge"})
        assert len(sandbox.ledger) == (kind != "reset_before")
        response = api.post("/v1/subscriptions", json=body, headers={"Idempotency-Key": "charge"})
        assert response.status_code == 201
        assert [charge.idempotency_key for charge in sandbox.ledger] == ["charge"]

    def test_a_fault_can_apply_to_the_token_endpoint(self, sandbox: Sandbox, anonymous: httpx.Client) -> None:
        sandbox.faults.add("status", path="/v1/oauth/token", status=500)
        assert anonymous.post("/v1/oauth/token", json=TOKEN_REQUEST).status_code == 500
        assert anonymous.post("/v1/oauth/token", json=TOKEN_REQUEST).status_code == 200
        assert sandbox.stats.token_exchanges == 2


@pytest.mark.plain_and_tls
class TestDisconnect:
    @pytest.mark.parametrize(
        ("kind", "options"), [("silence", {}), ("silence", {"commit": False}), ("drip", {"pause": HOUR})]
    )
    def test_a_request_ends_when_its_client_disconnects(
        self, sandbox: Sandbox, kind: Any, options: dict[str, Any]
    ) -> None:
        fault = sandbox.faults.add(kind, **options)
        with open_request(sandbox):
            assert wait_until(lambda: fault.times_applied)
            assert count_open_requests(sandbox) == 1
        assert wait_until(lambda: count_open_requests(sandbox) == 0)

    @pytest.mark.usefixtures("stop_without_limit")
    @pytest.mark.parametrize("disconnected", [False, True])
    def test_a_sandbox_stops_at_once_with_faults_in_progress(
        self, running_sandbox: Sandbox, disconnected: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Sandbox(tls=running_sandbox.ssl_context is not None) as sandbox:
            faults = [
                sandbox.faults.add("silence"),
                sandbox.faults.add("silence", commit=False),
                sandbox.faults.add("drip", pause=HOUR),
                sandbox.faults.add("delay", seconds=HOUR),
            ]
            with (
                open_request(sandbox, "1") as one,
                open_request(sandbox, "2") as two,
                open_request(sandbox, "3") as three,
                open_request(sandbox, "4") as four,
            ):
                assert wait_until(lambda: all(fault.times_applied for fault in faults))
                if disconnected:
                    for connection in (one, two, three, four):
                        connection.close()
                sandbox.stop()
        # Cancelled requests would have logged their tracebacks.
        assert caplog.records == []


def test_every_name_of_a_kind_has_a_class() -> None:
    assert tuple(KINDS) == get_args(FaultKind)
