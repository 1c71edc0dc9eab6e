"""A sandbox as a program of its own ends when it is told to."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from duro.sandbox import serve
from duro.sandbox.http.connection import STOPPING, HTTPProtocol

PROGRAM = """
import sys
from duro.sandbox import serve
serve(port=int(sys.argv[1]), on_ready=lambda url: print(url, flush=True))
print("returned", flush=True)
"""


@contextmanager
def served(port: int = 0) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        guard = threading.Timer(30, process.kill)
        guard.start()
        try:
            yield process, process.stdout.readline().strip()
        finally:
            guard.cancel()
            process.kill()


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_two_seconds_despite_idle_connections(number: signal.Signals) -> None:
    with served() as (process, url), httpx.Client(base_url=url) as client:
        assert client.get("/_sandbox/stats").status_code == 200
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as half_sent:
            half_sent.sendall(b"POST /v1/plans HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n")
            before = time.monotonic()
            process.send_signal(number)
            output, errors = process.communicate(timeout=10)
            assert time.monotonic() - before < 2
    assert process.returncode == 0
    assert output == "returned\n"
    assert "Traceback" not in errors


def test_a_connection_accepted_in_the_last_instant_is_closed_at_once() -> None:
    async def main() -> bytes:
        stopping = asyncio.Event()
        stopping.set()
        config = uvicorn.Config(lambda: None, lifespan="off", log_config=None)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: HTTPProtocol(config, ServerState(), {STOPPING: stopping}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"POST /v1/plans HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n")
            try:
                return await reader.read()
            finally:
                writer.close()

    assert asyncio.run(asyncio.wait_for(main(), 10)) == b""


@pytest.mark.process
def test_nothing_is_printed_but_by_the_callback() -> None:
    with served() as (process, url):
        httpx.get(f"{url}/v1/plans")
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=10)
    assert (output, errors) == ("returned\n", "")


@pytest.mark.process
def test_a_busy_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with served(port) as (process, _):
            _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use" in errors.splitlines()[-1]


def test_another_thread_is_refused() -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            serve(port=0)
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert "main thread" in str(failures[0])


def test_signal_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    serve(port=0, on_ready=lambda _: signal.raise_signal(signal.SIGTERM))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_server_that_died_ends_it_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duro.sandbox.sandbox.CHECK_SECONDS", 0.01)
    monkeypatch.setattr("duro.sandbox.Sandbox.is_alive", False)
    with pytest.raises(RuntimeError, match="ended by itself"):
        serve(port=0)
