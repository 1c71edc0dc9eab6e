"""Single rows: find, add, insert, update. A transaction reads a row once, and then keeps it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache

from ..errors import ApiError
from .connection import rows_of

__all__ = ["add", "find", "insert", "update"]

# Other statements may not change a row that is also read by its id.
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
    rows, key = rows_of(db), (table, identifier)
    if key in rows:
        return rows[key]
    row: sqlite3.Row | None = db.execute(_select(table), (identifier,)).fetchone()
    if row is None:
        raise ApiError(404, f"The {table.removesuffix('s').replace('_', ' ')} does not exist.")
    rows[key] = row
    return row


def add(db: sqlite3.Connection, table: str, values: Mapping[str, object]) -> sqlite3.Row:
    """Insert a row, and return it without reading it.

    Args:
        db: Open transaction.
        table: Name of the table.
        values: Values of all columns, with the id.
    """
    insert(db, table, values)
    row = rows_of(db)[table, str(values["id"])] = _build(_to_stored(values))
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
    rows, key = rows_of(db), (table, identifier)
    if key not in rows:
        return find(db, table, identifier)
    row = rows[key] = _build({**_by_name(rows[key]), **_to_stored(values)})
    return row


def _by_name(row: sqlite3.Row) -> dict[str, object]:
    # Not dict(row), which searches the names once for each value.
    return dict(zip(row.keys(), row, strict=True))


def _build(values: Mapping[str, object]) -> sqlite3.Row:
    return sqlite3.Row(_name_columns(tuple(values)), tuple(values.values()))


def _to_stored(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as SQLite stores them: it does not have a type for a bool."""
    return {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}


@cache
def _name_columns(names: tuple[str, ...]) -> sqlite3.Cursor:
    """Return a cursor whose columns have names. A row takes its names from a cursor."""
    with closing(sqlite3.connect(":memory:")) as connection:
        return connection.execute(f"SELECT {', '.join(f'NULL AS {name}' for name in names)}")


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
