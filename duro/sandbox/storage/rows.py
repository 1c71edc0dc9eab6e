"""Single rows: find, insert, update."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ..errors import ApiError

__all__ = ["find", "insert", "update"]

# The names of tables and columns come from this package, never from a request. Values are always parameters.


def find(db: sqlite3.Connection, table: str, identifier: str) -> sqlite3.Row:
    """Return the row with an id.

    Args:
        db: Open transaction.
        table: Name of the table, a plural such as ``plans``.
        identifier: Id of the row.

    Raises:
        ApiError: The row does not exist (404).
    """
    row: sqlite3.Row | None = db.execute(
        f"SELECT * FROM {table} WHERE id = ?",  # noqa: S608 - see above
        (identifier,),
    ).fetchone()
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
    parameters = ", ".join(f":{column}" for column in values)
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({parameters})", values)  # noqa: S608 - see above


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
    if values:
        assignments = ", ".join(f"{column} = :{column}" for column in values)
        db.execute(
            f"UPDATE {table} SET {assignments} WHERE id = :id",  # noqa: S608 - see above
            {**values, "id": identifier},
        )
    return find(db, table, identifier)
