"""Sandbox: start, stop, database files and argument checks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import warnings
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from duro import Duro
from duro.errors import ConfigurationError
from duro.sandbox import Sandbox
from tests.support.timeouts import PROGRAM_TIMEOUT


def headers(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.secret_key}"}


def sandbox_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "duro-sandbox"]


def test_a_with_block_serves_from_a_thread_and_leaves_none_behind() -> None:
    before = sandbox_threads()
    with Sandbox() as sandbox:
        assert len(sandbox_threads()) == len(before) + 1
        assert httpx.get(f"{sandbox.url}/_sandbox/stats").status_code == 200
        url = sandbox.url
    assert sandbox_threads() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_options_authenticate_a_client() -> None:
    with Sandbox() as sandbox:
        options = sandbox.options
        assert options["base_url"] == sandbox.url
        body = {
            "grant_type": "client_credentials",
            "client_id": options["client_id"],
            "client_secret": options["client_secret"],
        }
        assert httpx.post(f"{options['base_url']}/v1/oauth/token", json=body).status_code == 200


def test_start_and_stop_can_be_repeated() -> None:
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


def test_reading_a_stopped_sandbox_raises() -> None:
    sandbox = Sandbox()
    for name in ("url", "options", "clock", "stats", "ledger", "refunds", "events", "codes", "requests"):
        with pytest.raises(RuntimeError, match="is not running"):
            getattr(sandbox, name)
    assert repr(sandbox) == "<Sandbox not running>"


def test_each_start_in_memory_is_empty() -> None:
    sandbox = Sandbox()
    for _ in range(2):
        with sandbox:
            httpx.post(f"{sandbox.url}/v1/customers", headers=headers(sandbox))
            assert len(httpx.get(f"{sandbox.url}/v1/customers", headers=headers(sandbox)).json()["items"]) == 1


def test_a_database_file_keeps_the_state_for_the_next_run(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    key = {"Idempotency-Key": "key_1"}
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
def test_a_file_that_is_not_a_sandbox_database_is_rejected_and_unchanged(tmp_path: Path, kind: str) -> None:
    database = tmp_path / "state.db"
    if kind == "text":
        database.write_text("notes of another program\n" * 100)
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


@pytest.mark.parametrize("version", [1, 5, 99])
def test_a_database_of_another_release_is_refused_with_advice_and_kept(tmp_path: Path, version: int) -> None:
    database = tmp_path / "state.db"
    with Sandbox(database=database):
        pass
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = database.read_bytes()
    with pytest.raises(ConfigurationError, match=rf"got version {version} of another release; delete the file"):
        Sandbox(database=database).start()
    assert database.read_bytes() == before


def test_a_database_with_the_tables_of_the_previous_version_is_refused_and_kept(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    with Sandbox(database=database) as sandbox, Duro(**sandbox.options) as client:
        client.customers.create(email="ada@example.com")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for name in ("charge", "top_up", "refund"):
            connection.execute(f"DROP TRIGGER add_{name}_to_totals")
        connection.execute("DROP TABLE ledger_totals")
        connection.execute("DROP INDEX transactions_by_status")
        connection.execute("PRAGMA user_version = 6")
    with pytest.raises(ConfigurationError, match="got version 6 of another release; delete the file, pass a new one"):
        Sandbox(database=database).start()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT email FROM customers").fetchall() == [("ada@example.com",)]


def test_a_database_of_another_program_is_refused_with_advice(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(ConfigurationError, match="got a file of another program; pass a new file"):
        Sandbox(database=database).start()


def test_a_host_that_is_not_loopback_causes_a_warning() -> None:
    for host in ("", "192.0.2.1", "host.test"):
        with pytest.warns(UserWarning, match="can reach this machine") as caught:
            Sandbox(host=host)
        assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for host in ("127.0.0.1", "127.8.8.8", "localhost", "::1"):
            Sandbox(host=host)


@pytest.mark.parametrize(
    "lifetime", [0, -1, float("inf"), float("nan"), pytest.param(-(10**5_000), id="a long integer")]
)
def test_the_token_lifetime_must_be_positive_and_finite(lifetime: float) -> None:
    with pytest.raises(ConfigurationError, match="token_lifetime"):
        Sandbox(token_lifetime=lifetime)


@pytest.mark.process
def test_an_unstopped_sandbox_does_not_keep_the_interpreter_running() -> None:
    program = "from duro.sandbox import Sandbox; Sandbox().start()"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PROGRAM_TIMEOUT)


@pytest.mark.parametrize("port", [-1, 65_536, pytest.param(10**5_000, id="a long integer")])
def test_the_port_must_be_in_range(port: int) -> None:
    with pytest.raises(ConfigurationError, match="port must be from 0 to 65535"):
        Sandbox(port=port)
