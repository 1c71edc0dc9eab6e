"""Finding, adding and changing single records."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ..errors import ApiError

__all__ = ["find", "insert", "update"]

# Tables and columns are words of this package, never of a caller; values always travel as parameters.


def find(db: sqlite3.Connection, table: str, identifier: str) -> sqlite3.Row:
    """Find the record with an identifier.

    Args:
        db: The open transaction.
        table: The table, a plural such as ``plans``.
        identifier: Which one.

    Raises:
        ApiError: There is none (404).
    """
    row: sqlite3.Row | None = db.execute(
        f"SELECT * FROM {table} WHERE id = ?",  # noqa: S608 - see above
        (identifier,),
    ).fetchone()
    if row is None:
        raise ApiError(404, f"There is no such {table.removesuffix('s').replace('_', ' ')}.")
    return row


def insert(db: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    """Add a record.

    Args:
        db: The open transaction.
        table: The table.
        values: The value of each column; the others get their defaults.
    """
    marks = ", ".join(f":{column}" for column in values)
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", values)  # noqa: S608 - see above


def update(db: sqlite3.Connection, table: str, identifier: str, values: Mapping[str, object]) -> sqlite3.Row:
    """Change a record.

    Args:
        db: The open transaction.
        table: The table.
        identifier: Which record.
        values: The new value of each column that changes; there may be none.

    Returns:
        The record as it is now.
    """
    if values:
        settings = ", ".join(f"{column} = :{column}" for column in values)
        db.execute(
            f"UPDATE {table} SET {settings} WHERE id = :id",  # noqa: S608 - see above
            {**values, "id": identifier},
        )
    return find(db, table, identifier)
