"""Check of the row cache: each row that a transaction has read by its id equals the stored one at the commit."""

from __future__ import annotations

import sqlite3

from duro.sandbox.storage.connection import rows_of
from duro.sandbox.storage.database import Database

__all__ = ["check_cached_rows"]


def check_cached_rows(store: Database) -> None:
    """Compare the cached rows of each transaction with the tables before its commit, after other checks.

    A statement that changes a row past the cache fails the transaction.

    Args:
        store: Database to check.
    """
    check = store._before_commit

    def compare(db: sqlite3.Connection) -> None:
        if check is not None:
            check(db)
        for (table, identifier), row in rows_of(db).items():
            stored = db.execute(f"SELECT * FROM {table} WHERE id = ?", (identifier,)).fetchone()  # noqa: S608 - a name of the schema
            assert stored is not None, f"a statement deleted {identifier} of {table}, which the transaction had read"
            assert dict(row) == dict(stored), f"a statement changed {identifier} of {table} past the row cache"

    store._before_commit = compare
