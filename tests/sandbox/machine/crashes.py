"""Crashes: the files of a sandbox in the middle of an advance, as a kill leaves them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from duro.sandbox import Sandbox

__all__ = ["content_of", "copy_before_commit"]


def copy_before_commit(sandbox: Sandbox, database: Path, copy: Path, count: int) -> Callable[[], bool]:
    """Copy the files of a sandbox before a commit, when the effects of the transaction exist only in memory.

    Args:
        sandbox: Running strict sandbox.
        database: Its database file.
        copy: Path of the copy.
        count: Number of the commit with changes, from 1.

    Returns:
        Function that ends the observation, and returns whether the copy exists.
    """
    store, left = sandbox._backend.store, count
    check = store._before_commit
    assert check is not None

    def observe(db) -> None:
        nonlocal left
        changed = db.execute("SELECT 1 FROM changes LIMIT 1").fetchone() is not None
        check(db)
        left -= changed
        if changed and left == 0:
            _copy_files(database, copy)

    store._before_commit = observe

    def end() -> bool:
        store._before_commit = check
        return left <= 0

    return end


def _copy_files(database: Path, copy: Path) -> None:
    for suffix in ("", "-wal"):
        source = database.with_name(database.name + suffix)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))


def content_of(sandbox: Sandbox) -> list[str]:
    """Return the content of all tables as SQL."""
    with sandbox._backend.store.transaction() as db:
        return list(db.iterdump())
