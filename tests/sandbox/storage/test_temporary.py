"""Temporary database of a sandbox without a file: larger than its cache, it spills to an unnamed file."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from duro.sandbox.storage import database as module
from duro.sandbox.storage.database import Database, count

CACHE_KIBIBYTES = 64


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(module, "CACHE_KIBIBYTES", CACHE_KIBIBYTES)
    database = Database()
    yield database
    database.close()


def add_accounts(database: Database, start: int, number: int = 1000) -> None:
    """Add accounts that take several times the cache."""
    with database.transaction() as db:
        rows = [(f"acc_{row}", f"{row}@{'x' * 200}", "2026-01-01") for row in range(start, start + number)]
        db.executemany("INSERT INTO accounts (id, email, created_at) VALUES (?, ?, ?)", rows)


def count_accounts(database: Database) -> int:
    with database.transaction() as db:
        return count(db, "accounts")


def test_transactions_larger_than_the_cache_are_committed_and_rolled_back(database: Database) -> None:
    add_accounts(database, 0)
    with suppress(ZeroDivisionError), database.transaction() as db:
        db.execute("UPDATE accounts SET email = id || ?", ("y" * 300,))
        raise ZeroDivisionError
    add_accounts(database, 1000)
    assert count_accounts(database) == 2000
    with database.transaction() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("SELECT count(*) FROM accounts WHERE email LIKE '%y%'").fetchone()[0] == 0


def test_copies_contain_the_part_that_is_not_in_memory(database: Database, tmp_path: Path) -> None:
    add_accounts(database, 0)
    copy = database.copy()
    add_accounts(database, 1000)
    (tmp_path / "saved.db").write_bytes(database.serialize())
    saved = Database(tmp_path / "saved.db")
    assert [count_accounts(each) for each in (copy, database, saved)] == [1000, 2000, 2000]
    copy.close()
    saved.close()


@pytest.mark.skipif(sys.platform != "linux", reason="lists the open files of Linux")
def test_the_file_is_private_unnamed_and_created_only_when_it_is_needed(database: Database) -> None:
    others = temporary_files().keys()
    with database.transaction() as db:
        db.execute("INSERT INTO accounts (id, email, created_at) VALUES ('acc', 'ada@example.com', '2026-01-01')")
    assert temporary_files().keys() == others
    add_accounts(database, 0)
    opened = temporary_files()
    (file,) = (opened[name] for name in opened.keys() - others)
    assert file.st_nlink == 0
    assert stat.S_IMODE(file.st_mode) == 0o600
    database.close()
    assert temporary_files().keys() == others


def temporary_files() -> dict[str, os.stat_result]:
    """Return the open temporary files of SQLite, which it calls ``etilqs_…``, by name."""
    files = {}
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since the listing
            files[str(descriptor.readlink())] = descriptor.stat()
    return {name: file for name, file in files.items() if "/etilqs_" in name}
