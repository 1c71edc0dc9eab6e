"""A sandbox starts, stops and starts again, in every way it can be used."""

from __future__ import annotations

import errno
import socket
import sqlite3
import subprocess
import sys
import threading
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest

from duro.errors import ConfigurationError
from duro.sandbox import Sandbox


def headers(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.secret_key}"}


def sandbox_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "duro-sandbox"]


def test_with_serves_from_a_thread_of_its_own_and_leaves_nothing_behind() -> None:
    before = sandbox_threads()
    with Sandbox() as sandbox:
        assert len(sandbox_threads()) == len(before) + 1
        assert httpx.get(f"{sandbox.url}/_sandbox/stats").status_code == 200
        url = sandbox.url
    assert sandbox_threads() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_with_works_under_both_event_loops(backend: str) -> None:
    async def use() -> None:
        async with Sandbox() as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
            assert (await client.get("/_sandbox/stats")).status_code == 200

    anyio.run(use, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_block_stops_its_server(backend: str) -> None:
    urls: list[str] = []

    async def use() -> None:
        with anyio.CancelScope() as scope:
            async with Sandbox() as sandbox:
                urls.append(sandbox.url)
                scope.cancel()
                await anyio.sleep_forever()

    anyio.run(use, backend=backend)
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0])


def test_options_let_a_client_in() -> None:
    with Sandbox() as sandbox:
        options = sandbox.options
        assert options["base_url"] == sandbox.url
        body = {
            "grant_type": "client_credentials",
            "client_id": options["client_id"],
            "client_secret": options["client_secret"],
        }
        assert httpx.post(f"{options['base_url']}/v1/oauth/token", json=body).status_code == 200


def test_start_and_stop_may_be_repeated() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.start()
    url = sandbox.url
    sandbox.start()
    assert sandbox.url == url
    assert sandbox.is_alive
    sandbox.stop()
    sandbox.stop()
    assert not sandbox.is_alive
    sandbox.start()
    assert httpx.get(f"{sandbox.url}/_sandbox/stats").status_code == 200
    sandbox.stop()


def test_what_needs_a_running_server_says_so() -> None:
    sandbox = Sandbox()
    for name in ("url", "options", "clock", "stats", "ledger", "refunds", "events", "codes", "requests"):
        with pytest.raises(RuntimeError, match="does not run"):
            getattr(sandbox, name)
    assert repr(sandbox) == "<Sandbox not running>"


def test_memory_begins_anew_with_each_start() -> None:
    sandbox = Sandbox()
    for _ in range(2):
        with sandbox:
            httpx.post(f"{sandbox.url}/v1/customers", headers=headers(sandbox))
            assert len(httpx.get(f"{sandbox.url}/v1/customers", headers=headers(sandbox)).json()["items"]) == 1


def test_a_file_keeps_everything_for_the_next_run(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    key = {"Idempotency-Key": "kept"}
    with Sandbox(database=database) as sandbox:
        token = httpx.post(
            f"{sandbox.url}/v1/oauth/token",
            json={"grant_type": "client_credentials"} | {k: v for k, v in sandbox.options.items() if k != "base_url"},
        ).json()["access_token"]
        sandbox.clock.advance(minutes=30)
        first = httpx.post(f"{sandbox.url}/v1/customers", headers=headers(sandbox) | key)
    with Sandbox(database=database) as sandbox:
        assert sandbox.clock.now() - datetime.now(UTC) > timedelta(minutes=29)
        again = httpx.post(f"{sandbox.url}/v1/customers", headers=headers(sandbox) | key)
        assert again.content == first.content
        items = httpx.get(f"{sandbox.url}/v1/customers", headers={"Authorization": f"Bearer {token}"}).json()["items"]
        assert items == [first.json()]


@pytest.mark.parametrize("kind", ["text", "another program's database", "a directory"])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    database = tmp_path / "state.db"
    if kind == "text":
        database.write_text("these are my notes, not a database\n" * 100)
    elif kind == "a directory":
        database.mkdir()
    else:
        connection = sqlite3.connect(database)
        connection.execute("CREATE TABLE notes (text)")
        connection.close()
    before = None if database.is_dir() else database.read_bytes()
    with pytest.raises(ConfigurationError, match=r"state\.db"):
        Sandbox(database=database).start()
    assert before is None or database.read_bytes() == before


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sandbox = Sandbox(port=port)
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is in use") as raised:
            sandbox.start()
    assert raised.value.errno == errno.EADDRINUSE
    assert not sandbox.is_alive


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.warns(UserWarning, match="192"):
        sandbox = Sandbox(host="192.0.2.1")
    with pytest.raises(OSError, match=r"192\.0\.2\.1 cannot be listened on"):
        sandbox.start()


def test_the_loopback_of_ipv6_is_served_where_there_is_one() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with Sandbox(host="::1") as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert httpx.get(f"{sandbox.url}/_sandbox/stats").status_code == 200


def test_a_port_can_be_taken_again_right_after_a_stop() -> None:
    sandbox = Sandbox()
    with sandbox, httpx.Client(base_url=sandbox.url) as client:
        client.get("/_sandbox/stats")
        port = int(sandbox.url.rpartition(":")[2])
        sandbox.stop()
    with Sandbox(port=port) as second:
        assert httpx.get(f"{second.url}/_sandbox/stats").status_code == 200


def test_a_server_that_fails_to_come_up_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise SystemExit(3)

    before = sandbox_threads()
    monkeypatch.setattr("uvicorn.Server.startup", fail)
    with pytest.raises(RuntimeError, match="did not start"):
        Sandbox().start()
    assert sandbox_threads() == before


def test_a_host_that_others_can_reach_is_warned_about() -> None:
    for host in ("", "192.0.2.1", "host.test"):
        with pytest.warns(UserWarning, match="whoever reaches this machine"):
            Sandbox(host=host)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for host in ("127.0.0.1", "127.8.8.8", "localhost", "::1"):
            Sandbox(host=host)


@pytest.mark.parametrize("lifetime", [0, -1, float("inf"), float("nan")])
def test_a_lifetime_is_a_positive_number(lifetime: float) -> None:
    with pytest.raises(ConfigurationError, match="token_lifetime"):
        Sandbox(token_lifetime=lifetime)


@pytest.mark.process
def test_a_forgotten_sandbox_does_not_hold_the_interpreter() -> None:
    program = "from duro.sandbox import Sandbox; Sandbox().start()"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
