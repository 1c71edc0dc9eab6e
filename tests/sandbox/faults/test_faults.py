"""Faults: what each does to a connection, what becomes of the call, and which requests it strikes."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import Fault, Sandbox
from duro.sandbox.faults.rules import Faults
from duro.sandbox.http.connection import Connection

Make = Callable[..., dict[str, Any]]
Gate = threading.Event

# Generous, for machines that do other things as well.
PATIENCE = 20
HOUR = 3600

TOKEN_REQUEST = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


@contextmanager
def sent(sandbox: Sandbox, key: str = "the key") -> Generator[socket.socket, None, None]:
    """Ask for a customer to be created, on a connection of its own."""
    body = json.dumps({"email": "ada@example.com"}).encode()
    head = (
        f"POST /v1/customers HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {sandbox.secret_key}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode() + body)
        yield connection


def pieces(connection: socket.socket) -> Iterator[bytes]:
    """Read to the end of the connection."""
    return iter(lambda: connection.recv(65_536), b"")


def one_answer(connection: socket.socket) -> tuple[list[str], bytes]:
    """Read an answer whose connection may live on."""
    received = b""
    for piece in pieces(connection):
        received += piece
        head, body = split(received)
        if f"content-length: {len(body)}" in head:
            return head, body
    raise AssertionError(f"the connection ended after {received!r}")


def split(answer: bytes) -> tuple[list[str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode().lower().split("\r\n"), body


def customers(sandbox: Sandbox) -> list[dict[str, Any]]:
    """List the customers, past all faults."""
    with sandbox._require().backend.store.transaction() as db:
        return [dict(row) for row in db.execute("SELECT id, email FROM customers")]


def eventually(check: Callable[[], object]) -> bool:
    until = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def requests_under_way(sandbox: Sandbox) -> int:
    server = sandbox._require().server._uvicorn
    assert server is not None
    return len(server.server_state.tasks)


@pytest.fixture
def delay_ends(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Let delays end when the test says so."""
    gate = Gate()

    async def sleep(_connection: Connection, _seconds: float) -> bool:
        while not gate.is_set():
            await asyncio.sleep(0.005)
        return True

    monkeypatch.setattr(Connection, "sleep", sleep)
    return gate


class TestOnTheWire:
    def test_reset_before_resets_the_connection_and_does_nothing(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("reset_before")
        with sent(sandbox) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert customers(sandbox) == []
        assert sandbox.stats.requests == 1

    def test_reset_after_resets_the_connection_when_the_call_is_done(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("reset_after")
        with sent(sandbox) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert len(customers(sandbox)) == 1
        # The journal tells how the API answered.
        assert [(entry.status, entry.idempotency_key) for entry in sandbox.requests] == [(201, "the key")]

    def test_truncate_promises_a_whole_body_and_sends_half_of_it(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("truncate")
        with sent(sandbox) as connection:
            head, body = split(b"".join(pieces(connection)))
        with sent(sandbox) as connection:
            _, whole = one_answer(connection)
        assert head[0] == "http/1.1 201 created"
        assert f"content-length: {len(whole)}" in head
        assert body == whole[: len(whole) // 2]
        assert len(customers(sandbox)) == 1

    def test_garbage_is_a_200_without_json_on_a_connection_that_lives_on(
        self, sandbox: Sandbox, api: httpx.Client
    ) -> None:
        sandbox.faults.add("garbage")
        response = api.post("/v1/customers", json={"email": "ada@example.com"})
        assert response.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            response.json()
        assert len(customers(sandbox)) == 1
        assert "connection" not in response.headers

    def test_drip_sends_the_whole_answer_in_many_pieces(self, sandbox: Sandbox) -> None:
        fault = sandbox.faults.add("drip", pause=0.002)
        with sent(sandbox) as connection:
            received = list(pieces(connection))
        head, body = split(b"".join(received))
        assert fault.times_applied == 1
        assert len(received) > 20
        assert head[0] == "http/1.1 201 created"
        assert f"content-length: {len(body)}" in head
        assert [json.loads(body)["id"]] == [customer["id"] for customer in customers(sandbox)]
        assert f"x-request-id: {sandbox.requests[0].request_id}".lower() in head

    @pytest.mark.parametrize("kind", ["truncate", "drip"])
    def test_an_answer_without_a_body_gets_none(self, sandbox: Sandbox, api: httpx.Client, kind: Any) -> None:
        whole = api.head("/v1/plans")
        sandbox.faults.add(kind)
        response = api.head("/v1/plans")
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["Content-Length"] == whole.headers["Content-Length"]

    def test_silence_says_nothing_although_the_call_is_done(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("silence")
        with sent(sandbox) as connection:
            assert eventually(lambda: customers(sandbox))
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)

    def test_silence_without_commit_does_nothing(self, sandbox: Sandbox) -> None:
        fault = sandbox.faults.add("silence", commit=False)
        with sent(sandbox) as connection:
            assert eventually(lambda: fault.times_applied)
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        assert customers(sandbox) == []
        assert sandbox.stats.requests == 1

    def test_delay_answers_late(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("delay", seconds=0.2)
        began = time.monotonic()
        with sent(sandbox) as connection:
            head, _ = one_answer(connection)
        assert head[0] == "http/1.1 201 created"
        assert time.monotonic() - began >= 0.2

    def test_a_delayed_call_is_done_although_the_client_has_gone(self, sandbox: Sandbox, delay_ends: Gate) -> None:
        fault = sandbox.faults.add("delay", seconds=HOUR)
        with sent(sandbox):
            assert eventually(lambda: fault.times_applied)
        assert customers(sandbox) == []
        delay_ends.set()
        assert eventually(lambda: customers(sandbox))

    def test_a_delayed_call_that_was_repeated_meanwhile_is_not_done_twice(
        self, sandbox: Sandbox, delay_ends: Gate
    ) -> None:
        fault = sandbox.faults.add("delay", seconds=HOUR)
        with sent(sandbox) as late:
            assert eventually(lambda: fault.times_applied)
            with sent(sandbox) as early:
                _, first = one_answer(early)
            delay_ends.set()
            _, second = one_answer(late)
        assert first == second
        assert len(customers(sandbox)) == 1

    def test_status_is_answered_in_the_shape_of_the_api_and_nothing_is_kept(
        self, sandbox: Sandbox, api: httpx.Client
    ) -> None:
        sandbox.faults.add("status", status=429, retry_after=7)
        sandbox.faults.add("status", status=503)
        limited, failed, done = (api.post("/v1/customers", headers={"Idempotency-Key": "k"}) for _ in range(3))
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
        assert limited.json()["error"]["code"] == "rate_limited"
        assert (failed.status_code, failed.json()["error"]["code"]) == (503, "internal_error")
        assert "Retry-After" not in failed.headers
        assert done.status_code == 201
        assert len(customers(sandbox)) == 1
        assert [entry.status for entry in sandbox.requests] == [429, 503, 201]
        assert limited.headers["X-Request-Id"] == sandbox.requests[0].request_id

    @pytest.mark.parametrize("kind", ["reset_after", "truncate", "garbage", "drip", "silence"])
    def test_a_lost_answer_comes_again_under_its_key(self, sandbox: Sandbox, kind: Any) -> None:
        sandbox.faults.add(kind)
        with sent(sandbox):
            assert eventually(lambda: customers(sandbox))
        with sent(sandbox) as again:
            _, body = one_answer(again)
        assert [json.loads(body)["id"]] == [customer["id"] for customer in customers(sandbox)]

    @pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "garbage", "drip"])
    def test_a_charge_happens_once_or_not_at_all(
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

    def test_the_token_endpoint_can_be_struck(self, sandbox: Sandbox, anonymous: httpx.Client) -> None:
        sandbox.faults.add("status", path="/v1/oauth/token", status=500)
        assert anonymous.post("/v1/oauth/token", json=TOKEN_REQUEST).status_code == 500
        assert anonymous.post("/v1/oauth/token", json=TOKEN_REQUEST).status_code == 200
        assert sandbox.stats.token_exchanges == 2


class TestEnd:
    @pytest.mark.parametrize(
        ("kind", "options"), [("silence", {}), ("silence", {"commit": False}), ("drip", {"pause": HOUR})]
    )
    def test_nothing_is_left_of_a_request_whose_client_has_gone(
        self, sandbox: Sandbox, kind: Any, options: dict[str, Any]
    ) -> None:
        fault = sandbox.faults.add(kind, **options)
        with sent(sandbox):
            assert eventually(lambda: fault.times_applied)
            assert requests_under_way(sandbox) == 1
        assert eventually(lambda: requests_under_way(sandbox) == 0)

    @pytest.mark.parametrize("gone", [False, True])
    def test_a_sandbox_stops_at_once_whatever_is_under_way(self, gone: bool, caplog: pytest.LogCaptureFixture) -> None:
        with Sandbox() as sandbox:
            faults = [
                sandbox.faults.add("silence"),
                sandbox.faults.add("silence", commit=False),
                sandbox.faults.add("drip", pause=HOUR),
                sandbox.faults.add("delay", seconds=HOUR),
            ]
            with (
                sent(sandbox, "1") as one,
                sent(sandbox, "2") as two,
                sent(sandbox, "3") as three,
                sent(sandbox, "4") as four,
            ):
                assert eventually(lambda: all(fault.times_applied for fault in faults))
                if gone:
                    for connection in (one, two, three, four):
                        connection.close()
                began = time.monotonic()
                sandbox.stop()
                assert time.monotonic() - began < 2
        # Cancelled requests would have left their tracebacks.
        assert caplog.records == []


class TestMatch:
    @pytest.mark.parametrize(
        ("method", "path", "strikes"),
        [
            (None, None, True),
            ("POST", None, True),
            ("post", None, True),
            ("GET", None, False),
            (None, "/v1/invoices/inv_1/refund", True),
            (None, "/v1/invoices/{id}/refund", True),
            (None, "/v1/invoices/*/refund", True),
            (None, "/v1/invoices/inv_*/refund", True),
            (None, "/*/*/*/*", True),
            ("POST", "/v1/invoices/{id}/refund", True),
            ("GET", "/v1/invoices/{id}/refund", False),
            (None, "/v1/invoices/sub_*/refund", False),
            (None, "/v1/invoices/{id}", False),
            (None, "/v1/*", False),
            (None, "/v1/invoices/*", False),
            (None, "/v1/invoices/inv_1/refund/", False),
            (None, "/v1/invoices/inv.1/refund", False),
            (None, "/V1/invoices/inv_1/refund", False),
        ],
    )
    def test_a_fault_strikes_what_its_match_says(self, method: str | None, path: str | None, strikes: bool) -> None:
        faults = Faults()
        fault = faults.add("reset_before", method=method, path=path)
        assert faults.strike("POST", "/v1/invoices/inv_1/refund") is (fault if strikes else None)
        assert fault.times_applied == strikes

    def test_the_first_that_matches_and_is_not_spent_strikes(self) -> None:
        faults = Faults()
        reads = faults.add("delay", seconds=1, method="GET", times=1)
        twice = faults.add("truncate", times=2)
        always = faults.add("garbage", times=None)
        times_applied = [faults.strike(method, "/v1/plans") for method in ("POST", "GET", "GET", "POST", "GET")]
        assert times_applied == [twice, reads, twice, always, always]
        assert [fault.times_applied for fault in faults] == [1, 2, 2]
        assert [fault.is_spent for fault in faults] == [True, True, False]

    def test_by_default_it_strikes_once(self) -> None:
        faults = Faults()
        fault = faults.add("reset_before")
        assert [faults.strike("GET", "/"), faults.strike("GET", "/")] == [fault, None]

    def test_the_control_surface_is_never_struck(self, sandbox: Sandbox, anonymous: httpx.Client) -> None:
        fault = sandbox.faults.add("status", status=500, times=None)
        for path in ("/_sandbox", "/_sandbox/", "/_sandbox/stats", "/_sandbox/nothing"):
            assert anonymous.get(path).status_code in (200, 404)
        assert fault.times_applied == 0
        for path in ("/", "/v1/nothing", "/_sandboxes"):
            assert anonymous.get(path).status_code == 500

    def test_parallel_requests_are_struck_exactly_as_often_as_said(self, sandbox: Sandbox, api: httpx.Client) -> None:
        fault = sandbox.faults.add("status", path="/v1/plans", status=503, times=10)
        together = threading.Barrier(50, timeout=PATIENCE)

        def ask(_: int) -> int:
            together.wait()
            return api.get("/v1/plans", timeout=PATIENCE).status_code

        with ThreadPoolExecutor(50) as pool:
            statuses = list(pool.map(ask, range(50)))
        assert sorted(statuses) == [200] * 40 + [503] * 10
        assert (fault.times_applied, sandbox.stats.requests) == (10, 50)

    def test_threads_count_exactly(self) -> None:
        faults = Faults()
        limited, rest = faults.add("garbage", times=1000), faults.add("garbage", times=None)
        together = threading.Barrier(4, timeout=PATIENCE)

        def strike(_: int) -> None:
            together.wait()
            for _ in range(1000):
                faults.strike("GET", "/v1/plans")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(strike, range(4)))
        assert (limited.times_applied, rest.times_applied) == (1000, 3000)


class TestSteering:
    def test_faults_are_added_listed_and_cleared_over_http(self, sandbox: Sandbox, anonymous: httpx.Client) -> None:
        faults = "/_sandbox/faults"
        body = {
            "kind": "status",
            "match": {"method": "GET", "path": "/v1/*"},
            "times": 2,
            "status": 503,
            "retryAfter": 1.5,
        }
        added = anonymous.post(faults, json=body)
        assert (added.status_code, added.json()) == (201, {**body, "timesApplied": 0})
        anonymous.post(faults, json={"kind": "silence", "match": {"method": None}, "times": None})
        assert anonymous.get("/v1/plans").headers["Retry-After"] == "1.5"
        assert anonymous.get(faults).json() == [
            {**body, "timesApplied": 1},
            {"kind": "silence", "match": {}, "times": None, "commit": True, "timesApplied": 0},
        ]
        assert [fault.times_applied for fault in sandbox.faults] == [1, 0]
        assert anonymous.delete(faults).json() == {"cleared": 2}
        assert anonymous.get(faults).json() == []
        assert anonymous.get("/v1/plans").status_code == 401

    @pytest.mark.parametrize(
        ("body", "at_fault"),
        [
            ([], ""),
            ({}, "kind"),
            ({"kind": "explode"}, "kind"),
            ({"kind": "status"}, "status"),
            ({"kind": "status", "status": 200}, "status"),
            ({"kind": "status", "status": "503"}, "status"),
            ({"kind": "status", "status": 503, "retryAfter": -1}, "retryAfter"),
            ({"kind": "delay"}, "seconds"),
            ({"kind": "delay", "seconds": -1}, "seconds"),
            ({"kind": "delay", "seconds": True}, "seconds"),
            ({"kind": "delay", "seconds": 1e300}, "seconds"),
            ({"kind": "drip", "pause": None}, "pause"),
            ({"kind": "silence", "commit": 1}, "commit"),
            ({"kind": "garbage", "seconds": 1}, "seconds"),
            ({"kind": "garbage", "times": 0}, "times"),
            ({"kind": "garbage", "times": True}, "times"),
            ({"kind": "garbage", "times": 1.0}, "times"),
            ({"kind": "garbage", "path": "/v1/plans"}, ""),
            ({"kind": "garbage", "match": []}, "match"),
            ({"kind": "garbage", "match": {"pth": "/v1/plans"}}, ""),
            ({"kind": "garbage", "match": {"method": "GET /"}}, "match.method"),
            ({"kind": "garbage", "match": {"path": "v1/plans"}}, "match.path"),
            ({"kind": "garbage", "match": {"path": "/v1/plans?limit=1"}}, "match.path"),
            ({"kind": "garbage", "match": {"path": "/v1/**"}}, "match.path"),
            ({"kind": "garbage", "match": {"path": "/v1/plan_{id}"}}, "match.path"),
            ({"kind": "garbage", "match": {"path": "/_sandbox/stats"}}, "match.path"),
        ],
    )
    def test_what_is_no_fault_is_refused(
        self, sandbox: Sandbox, anonymous: httpx.Client, body: Any, at_fault: str
    ) -> None:
        response = anonymous.post("/_sandbox/faults", json=body)
        assert response.status_code == 422
        error = response.json()["error"]
        assert error["code"] == "validation_error"
        assert [detail["path"] for detail in error["details"]] == [at_fault]
        assert list(sandbox.faults) == []

    def test_what_is_no_json_is_refused(self, anonymous: httpx.Client) -> None:
        assert anonymous.post("/_sandbox/faults", content=b"{").status_code == 400

    @pytest.mark.parametrize(
        ("arguments", "issue"),
        [
            ({"kind": "explode"}, "kind: expected one of status, delay"),
            ({"kind": "status"}, "status: required"),
            ({"kind": "status", "status": 200}, "status: expected status from 400 to 599"),
            ({"kind": "garbage", "retry_after": 1}, "retry_after: does not belong to garbage"),
            ({"kind": "garbage", "path": "plans"}, "path: expected path"),
            ({"kind": "garbage", "times": -1}, "times: expected positive integer"),
        ],
    )
    def test_what_is_no_fault_is_an_error_in_python(self, arguments: dict[str, Any], issue: str) -> None:
        with pytest.raises(InvalidArgumentError, match=issue):
            Faults().add(**arguments)

    def test_a_fault_cannot_be_changed(self) -> None:
        fault = Faults().add("garbage")
        with pytest.raises(AttributeError):
            fault.times = 2  # type: ignore[misc]
        assert isinstance(fault, Fault)

    @pytest.mark.parametrize("way", ["http", "process"])
    def test_a_reset_clears_them(self, sandbox: Sandbox, anonymous: httpx.Client, way: str) -> None:
        sandbox.faults.add("garbage", times=None)
        if way == "http":
            anonymous.post("/_sandbox/reset")
        else:
            sandbox.reset()
        assert len(sandbox.faults) == 0
        assert anonymous.get("/v1/plans").status_code == 401
