"""Single rows: find, insert, update."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache

from ..errors import ApiError

__all__ = ["find", "insert", "update"]

# The names of tables and columns come from this package, never from a request. Values are always parameters.
# The statements are cached, because SQLite prepares a statement once and finds it by its text.


def find(db: sqlite3.Connection, table: str, identifier: str) -> sqlite3.Row:
    """Return the row with an id.

    Args:
        db: Open transaction.
        table: Name of the table, a plural such as ``plans``.
        identifier: Id of the row.

    Raises:
        ApiError: The row does not exist (404).
    """
    row: sqlite3.Row | None = db.execute(_select(table), (identifier,)).fetchone()
    if row is None:
        raise ApiError(404, f"The {table.removesuffix('s').replace('_', ' ')} does not exist.")
    return row


def insert(db: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    """Insert a row.

    Args:
        db: Open transaction.
        table: Name of the table.
        values: Values by column. Omitted columns get their defaults.
    """
    db.execute(_insert(table, tuple(values)), tuple(values.values()))


def update(db: sqlite3.Connection, table: str, identifier: str, values: Mapping[str, object]) -> sqlite3.Row:
    """Update a row.

    Args:
        db: Open transaction.
        table: Name of the table.
        identifier: Id of the row.
        values: New values by column. The mapping may be empty.

    Returns:
        The updated row.

    Raises:
        ApiError: The row does not exist (404).
    """
    # Not RETURNING, which takes longer than another statement.
    if values:
        db.execute(_update(table, tuple(values)), (*values.values(), identifier))
    return find(db, table, identifier)


@cache
def _select(table: str) -> str:
    return f"SELECT * FROM {table} WHERE id = ?"  # noqa: S608 - see above


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    parameters = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({parameters})"  # noqa: S608 - see above


@cache
def _update(table: str, columns: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{column} = ?" for column in columns)
    return f"UPDATE {table} SET {assignments} WHERE id = ?"  # noqa: S608 - see above
