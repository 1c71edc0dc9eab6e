"""Connection of a database that keeps what rules read again and again: rows of its transaction, and settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar, cast

__all__ = ["CachingConnection", "Rows", "cached", "clear_cache", "forget", "rows_of"]

T = TypeVar("T")

# Rows by table and id.
Rows: TypeAlias = dict[tuple[str, str], sqlite3.Row]

# A transaction that creates all objects of fixtures needs few of its rows again.
MAX_ROWS: Final = 256


class CachingConnection(sqlite3.Connection):
    """SQLite connection with a cache. No other connection may change the database.

    Its owner clears the rows at the begin of a transaction, and everything after a rollback.

    Attributes:
        rows: Rows that the transaction has read or written by their id.
        results: Results of ``cached``.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        self.rows: Rows = {}
        self.results: dict[object, object] = {}


def rows_of(db: sqlite3.Connection) -> Rows:
    """Return the rows that a transaction has read or written by their id.

    Args:
        db: Open transaction.
    """
    rows = cast("CachingConnection", db).rows
    if len(rows) >= MAX_ROWS:
        rows.clear()
    return rows


def cached(db: sqlite3.Connection, load: Callable[[sqlite3.Connection], T]) -> T:
    """Return the result of a query that rarely changes. It is kept until ``forget``, also by later transactions.

    Args:
        db: Open transaction.
        load: Function that runs the query. It identifies the result.
    """
    results = cast("CachingConnection", db).results
    if load not in results:
        results[load] = load(db)
    return cast("T", results[load])


def forget(db: sqlite3.Connection, load: Callable[[sqlite3.Connection], object]) -> None:
    """Forget a result of ``cached``. Call it with each change of its tables.

    Args:
        db: Open transaction that changes them.
        load: Function that runs the query.
    """
    cast("CachingConnection", db).results.pop(load, None)


def clear_cache(db: sqlite3.Connection) -> None:
    """Forget all rows and results. Call it after a rollback.

    Args:
        db: Connection of the transaction.
    """
    connection = cast("CachingConnection", db)
    connection.rows.clear()
    connection.results.clear()
