"""Database files: one sandbox at a time, and access for their owner only."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from duro.errors import ConfigurationError
from duro.sandbox import Sandbox
from tests.support.timeouts import TIMEOUT

PROGRAM = """
import sys
from duro.sandbox import Sandbox
sandbox = Sandbox(database=sys.argv[1])
sandbox.start()
print(sandbox.url, flush=True)
sys.stdin.read()
sandbox.stop()
"""


@contextmanager
def run_sandbox(database: Path) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    """Run a sandbox in a process of its own, which ends with its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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


def add_customer(url: str) -> None:
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    assert httpx.post(f"{url}/v1/customers", headers=headers).status_code == 201


def count_customers(sandbox: Sandbox) -> int:
    headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
    return len(httpx.get(f"{sandbox.url}/v1/customers", headers=headers).json()["items"])


@pytest.fixture
def without_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a locked file at once."""
    monkeypatch.setattr("duro.sandbox.storage.database.LOCK_TIMEOUT_SECONDS", 0)


@pytest.mark.process
@pytest.mark.usefixtures("without_wait")
def test_a_file_that_another_process_uses_is_refused_until_that_process_ends(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    with run_sandbox(database) as (process, url):
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=r"state\.db' is in use by another sandbox"):
                Sandbox(database=database).start()
        add_customer(url)
        process.communicate(timeout=TIMEOUT)
    with Sandbox(database=database) as sandbox:
        assert count_customers(sandbox) == 1


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not have SIGKILL")
def test_a_killed_process_leaves_its_file_usable(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    for expected in (1, 2):
        with run_sandbox(database) as (process, url):
            add_customer(url)
            process.send_signal(signal.SIGKILL)
            process.wait(TIMEOUT)
        with Sandbox(database=database) as sandbox:
            assert count_customers(sandbox) == expected


@pytest.mark.usefixtures("without_wait")
def test_a_file_that_this_process_uses_is_refused_until_the_stop(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    for expected in (1, 2):
        with Sandbox(database=database) as first:
            with pytest.raises(ConfigurationError, match="is in use"):
                Sandbox(database=database).start()
            with pytest.raises(ConfigurationError, match="is in use"):
                Sandbox(database=database.resolve()).start()
            add_customer(first.url)
            assert count_customers(first) == expected


@pytest.mark.usefixtures("without_wait")
def test_another_program_cannot_change_the_file_of_a_running_sandbox(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    with (
        Sandbox(database=database),
        closing(sqlite3.connect(database, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("DELETE FROM customers")


def test_the_file_is_locked_before_the_first_request_of_an_existing_database(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    for _ in range(2):
        with (
            Sandbox(database=database),
            closing(sqlite3.connect(database, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("SELECT * FROM customers")


@pytest.mark.skipif(os.name == "nt", reason="Windows does not have POSIX permissions")
def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    with Sandbox(database=tmp_path / "state.db") as sandbox:
        add_customer(sandbox.url)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert "state.db" in modes
        assert set(modes.values()) == {0o600}


@pytest.mark.skipif(os.name == "nt", reason="Windows does not have POSIX permissions")
def test_the_mode_of_an_existing_file_is_kept(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    database.touch()
    database.chmod(0o640)
    with Sandbox(database=database):
        assert stat.S_IMODE(database.stat().st_mode) == 0o640


def test_the_name_of_a_database_in_memory_does_not_create_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", ""):
        with Sandbox(database=name) as sandbox:
            add_customer(sandbox.url)
    assert list(tmp_path.iterdir()) == []
