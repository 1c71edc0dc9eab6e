"""save: a copy of the whole state in a new file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import AsyncSandbox, Sandbox
from duro.sandbox.storage.database import Database
from duro.sandbox.storage.files import write_private_file
from tests.sandbox.machine.crashes import content_of

FIXTURES = {
    "clock": "2026-01-31T09:00:00Z",
    "plans": {"pro": {"name": "Pro", "amount": 500_000, "interval": "month"}},
    "customers": {"ada": {}},
    "subscriptions": {"ada-pro": {"customer": "ada", "plan": "pro"}},
    "endpoints": {"shop": {"url": "http://127.0.0.1:9/hooks"}},
}


@pytest.mark.parametrize("is_file", [False, True])
def test_a_copy_continues_as_the_original_does(tmp_path: Path, is_file: bool) -> None:
    database = tmp_path / "state.db" if is_file else None
    copies = [tmp_path / "saved.db", tmp_path / "served.db"]
    with Sandbox(database=database, fixtures=FIXTURES, clock="frozen", seed=7) as sandbox:
        sandbox.clock.advance(days=30, deliver=False)
        sandbox.save(copies[0])
        copies[1].write_bytes(httpx.get(f"{sandbox.url}/_sandbox/database").content)
        sandbox.clock.advance(days=30, deliver=False)
        expected = sandbox.fixtures, sandbox.ledger, sandbox.events, list(sandbox.endpoints)
        assert len(sandbox.ledger) == 3
    for copy in copies:
        with Sandbox(database=copy, clock="frozen", seed=7) as other:
            other.clock.advance(days=30, deliver=False)
            state = other.fixtures, other.ledger, other.events, list(other.endpoints)
            assert state == expected


def test_a_copy_has_the_content_of_every_table(tmp_path: Path) -> None:
    with Sandbox(fixtures=FIXTURES, clock="frozen", seed=7, strict=True) as sandbox:
        sandbox.cards.decline(sandbox.fixtures.customers["ada"], "insufficient_funds", times=3)
        sandbox.wait_for_deliveries()  # of the start
        sandbox.clock.advance(days=40, deliver=False)
        sandbox.save(tmp_path / "saved.db")
        expected = content_of(sandbox)
    # Not a sandbox, which would begin to deliver the events.
    copy = Database(tmp_path / "saved.db")
    with copy.transaction() as db:
        assert list(db.iterdump()) == expected
    copy.close()


def test_a_served_copy_is_downloaded_as_a_file() -> None:
    with Sandbox() as sandbox:
        headers = httpx.get(f"{sandbox.url}/_sandbox/database").headers
    assert headers["content-type"] == "application/vnd.sqlite3"
    assert headers["content-disposition"] == 'attachment; filename="sandbox.db"'


def test_an_existing_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "copy.db"
    path.write_text("mine")
    with Sandbox() as sandbox, pytest.raises(InvalidArgumentError, match=r"copy\.db', which exists; delete it first"):
        sandbox.save(path)
    assert path.read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not have POSIX permissions")
def test_only_the_owner_can_read_the_copy(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        sandbox.save(tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_copy_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="No space left"):
        write_private_file(tmp_path / "copy.db", b"content")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.asyncio
async def test_an_asynchronous_sandbox_saves_without_blocking_the_loop(tmp_path: Path) -> None:
    async with AsyncSandbox() as sandbox:
        await sandbox.save(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_size > 0
