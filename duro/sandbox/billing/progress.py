"""Progress of an advance: numbers of rows that it has added so far."""

from __future__ import annotations

import sqlite3

from attrs import frozen

__all__ = ["Counts", "count_rows", "has_event"]


@frozen
class Counts:
    """Numbers of the latest rows. Nothing deletes these rows, so that a difference is a count.

    Attributes:
        charges: Number of the latest charge.
        events: Number of the latest event.
    """

    charges: int
    events: int


def count_rows(db: sqlite3.Connection) -> Counts:
    """Return the numbers of the latest rows.

    Args:
        db: Open transaction.
    """
    # The largest number is the end of an index, while a count would read the table.
    row = db.execute(
        "SELECT (SELECT coalesce(max(rowid), 0) FROM transactions), (SELECT coalesce(max(rowid), 0) FROM events)"
    ).fetchone()
    return Counts(*row)


def has_event(db: sqlite3.Connection, event_type: str, *, after: int) -> bool:
    """Return whether an event of a type was recorded.

    Args:
        db: Open transaction.
        event_type: Type of the event.
        after: Number of the latest event that does not count.
    """
    row = db.execute("SELECT 1 FROM events WHERE type = ? AND rowid > ? LIMIT 1", (event_type, after)).fetchone()
    return row is not None
