"""Full disk of temporary files: the error names their folder, and what to pass instead."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from duro.sandbox.errors import DiskFullError
from duro.sandbox.storage.database import Database
from duro.sandbox.storage.files import find_temporary_folder

# It writes more than the page cache of a database.
PROGRAM = """
from duro.sandbox.storage.database import Database

store = Database()
try:
    with store.transaction() as db:
        db.execute("CREATE TABLE filler (content BLOB)")
        for _ in range(20_000):
            db.execute("INSERT INTO filler VALUES (randomblob(4000))")
except OSError as error:
    print(error.errno, error.strerror)
with store.transaction() as db:
    print(db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'filler'").fetchone()[0])
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Folder on a file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip("mount is not installed")
    if mounted.returncode:
        pytest.skip("mounts are not permitted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=30)


@pytest.mark.process
def test_full_disk_of_temporary_files_is_named(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(small_disk))
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    message, tables = finished.stdout.splitlines()
    assert message.startswith(f"{errno.ENOSPC} The disk is full, and nothing was changed. ")
    assert f"Temporary files are in {small_disk}; pass database= " in message
    assert tables == "0"


def fill(store: Database) -> None:
    with store.transaction() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
        db.execute("CREATE TABLE filler (content BLOB)")
        db.execute("INSERT INTO filler VALUES (randomblob(100000))")


def test_only_the_error_of_a_temporary_database_names_the_folder(tmp_path: Path) -> None:
    for path, is_named in ((None, True), (":memory:", True), (tmp_path / "state.db", False)):
        store = Database(path)
        with pytest.raises(DiskFullError) as caught:
            fill(store)
        store.close()
        assert ("database=" in caught.value.message) is is_named
        assert (find_temporary_folder() in caught.value.message) is is_named


def test_copy_that_does_not_fit_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    store = Database()
    with closing(store._connection):
        monkeypatch.setattr(store, "_connection", Mock(backup=Mock(side_effect=error)))
        with pytest.raises(DiskFullError, match="Temporary files are in "):
            store.copy()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has one folder of temporary files")
def test_folder_of_temporary_files_is_the_first_that_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "missing"))
    assert find_temporary_folder() == str(tmp_path)
    (tmp_path / "missing").mkdir()
    assert find_temporary_folder() == str(tmp_path / "missing")
