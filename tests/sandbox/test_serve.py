"""serve: signals, output and errors of a sandbox that runs as a program."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module

import httpx
import pytest

from duro.sandbox import RequestEntry, Sandbox, serve
from tests.support.timeouts import TIMEOUT

PROGRAM = """
import sys
from duro.sandbox import RequestEntry, Sandbox, serve
serve(port=int(sys.argv[1]), on_ready=lambda sandbox: print(sandbox.url, flush=True))
print("returned", flush=True)
"""


@contextmanager
def run_server(port: int = 0) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        killer = threading.Timer(TIMEOUT, process.kill)
        killer.start()
        try:
            yield process, process.stdout.readline().strip()
        finally:
            killer.cancel()
            process.kill()


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_within_two_seconds_with_open_connections(number: signal.Signals) -> None:
    with run_server() as (process, url), httpx.Client(base_url=url) as client:
        assert client.get("/_sandbox/stats").status_code == 200
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as incomplete:
            incomplete.sendall(b"POST /v1/plans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n")
            before = time.monotonic()
            process.send_signal(number)
            assert process.stdout is not None
            # The end of the interpreter takes half a second, and more on a busy machine.
            assert process.stdout.readline() == "returned\n"
            assert time.monotonic() - before < 2
            output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in errors


@pytest.mark.process
def test_only_the_callback_prints() -> None:
    with run_server() as (process, url):
        httpx.get(f"{url}/v1/plans")
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=TIMEOUT)
    assert (output, errors) == ("returned\n", "")


@pytest.mark.process
def test_a_port_in_use_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other_server:
        port = other_server.getsockname()[1]
        with run_server(port) as (process, _):
            _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use" in errors.splitlines()[-1]


def test_another_thread_is_rejected() -> None:
    failures: list[BaseException] = []

    def call_serve() -> None:
        try:
            serve(port=0)
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=call_serve)
    thread.start()
    thread.join(TIMEOUT)
    assert "main thread" in str(failures[0])


def test_signal_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    serve(port=0, on_ready=lambda _: signal.raise_signal(signal.SIGTERM))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_frozen_clock_stands_at_its_start() -> None:
    start = datetime(2026, 1, 31, 9, tzinfo=UTC)
    times: list[datetime] = []

    def on_ready(sandbox: Sandbox) -> None:
        times.extend((sandbox.clock.now(), sandbox.clock.advance(days=1).now, sandbox.clock.now()))
        signal.raise_signal(signal.SIGTERM)

    serve(port=0, clock="frozen", start=start, on_ready=on_ready)
    assert times == [start, start + timedelta(days=1), start + timedelta(days=1)]


def test_requests_before_the_report_of_the_start_are_reported_after_it() -> None:
    reports: list[str] = []

    def on_ready(sandbox: Sandbox) -> None:
        for path in ("/v1/plans", "/v1/customers"):
            httpx.get(f"{sandbox.url}{path}")
        reports.append("ready")

    def on_request(entry: RequestEntry, _seconds: float) -> None:
        reports.append(entry.path)
        if entry.path == "/v1/customers":
            signal.raise_signal(signal.SIGTERM)

    serve(port=0, on_ready=on_ready, on_request=on_request)
    assert reports == ["ready", "/v1/plans", "/v1/customers"]


def test_a_request_of_the_callback_is_reported_too() -> None:
    reports: list[str] = []
    urls: list[str] = []

    def on_ready(sandbox: Sandbox) -> None:
        urls.append(sandbox.url)
        httpx.get(f"{sandbox.url}/v1/plans")

    def on_request(entry: RequestEntry, _seconds: float) -> None:
        reports.append(entry.path)
        if entry.path == "/v1/plans":
            httpx.get(f"{urls[0]}/v1/customers")
        else:
            signal.raise_signal(signal.SIGTERM)

    serve(port=0, on_ready=on_ready, on_request=on_request)
    assert reports == ["/v1/plans", "/v1/customers"]


def test_a_server_that_stops_unexpectedly_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("duro.sandbox.serve"), "CHECK_INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr("duro.sandbox.Sandbox.is_alive", False)
    with pytest.raises(RuntimeError, match="stopped unexpectedly"):
        serve(port=0)
