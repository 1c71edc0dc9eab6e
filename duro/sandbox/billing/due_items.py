"""Due items: work that the clock starts at a time, in one table whose index is the queue."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from ..clock import parse_timestamp, timestamp
from ..unit_of_work import UnitOfWork

__all__ = ["RANKS", "DueItem", "find_next", "list_next", "schedule", "take_next", "unschedule", "unschedule_all"]

# Items of one instant run in the order of their ranks. Deliveries come after all of them.
RANKS: Final[Mapping[str, int]] = {
    "period_end": 0,
    "recovery_attempt": 1,
    "card_deadline": 2,
    "escalation": 3,
    "reminder": 4,
    "transfer_settlement": 5,
    "expiry": 6,
    "session_expiry": 6,
    "delivery": 7,
}


@frozen
class DueItem:
    """Work that the clock starts.

    Attributes:
        at: Time at which it is due, aware and in UTC.
        kind: Kind of work, such as ``period_end`` or ``recovery_attempt``.
        subject: Id of the object, such as a subscription or an invoice.
    """

    at: datetime
    kind: str
    subject: str


def schedule(uow: UnitOfWork, *, kind: str, subject: str, at: datetime) -> None:
    """Schedule an item. It replaces the item of the same kind and subject.

    Args:
        uow: Unit of work.
        kind: One of ``RANKS``.
        subject: Id of the object.
        at: Time at which the item is due.
    """
    uow.db.execute(
        "INSERT OR REPLACE INTO due_items (kind, subject, at, rank) VALUES (?, ?, ?, ?)",
        (kind, subject, timestamp(at), RANKS[kind]),
    )
    uow.wake_scheduler()


def unschedule(uow: UnitOfWork, *, kind: str, subject: str) -> None:
    """Remove an item. A missing one is ignored.

    Args:
        uow: Unit of work.
        kind: One of ``RANKS``.
        subject: Id of the object.
    """
    uow.db.execute("DELETE FROM due_items WHERE kind = ? AND subject = ?", (kind, subject))


def unschedule_all(uow: UnitOfWork, *subjects: str) -> None:
    """Remove the items of all kinds.

    Args:
        uow: Unit of work.
        *subjects: Ids of the objects, such as a subscription and its invoice.
    """
    for subject in subjects:
        uow.db.execute("DELETE FROM due_items WHERE subject = ?", (subject,))


def find_next(db: sqlite3.Connection, *, kind: str | None = None) -> DueItem | None:
    """Return the item that is due first.

    Args:
        db: Open transaction.
        kind: Kind of the item. ``None`` matches all.
    """
    condition, parameters = ("TRUE", ()) if kind is None else ("kind = ?", (kind,))
    row = db.execute(
        f"SELECT at, kind, subject FROM due_items WHERE {condition} ORDER BY at, rank, subject LIMIT 1",  # noqa: S608
        parameters,
    ).fetchone()
    return None if row is None else DueItem(parse_timestamp(row["at"]), row["kind"], row["subject"])


def list_next(db: sqlite3.Connection, limit: int) -> tuple[DueItem, ...]:
    """Return the items that are due first, in their order.

    Args:
        db: Open transaction.
        limit: Maximum number of items.
    """
    rows = db.execute("SELECT at, kind, subject FROM due_items ORDER BY at, rank, subject LIMIT ?", (limit,))
    return tuple(DueItem(parse_timestamp(row["at"]), row["kind"], row["subject"]) for row in rows)


def take_next(db: sqlite3.Connection, *, until: datetime) -> DueItem | None:
    """Remove and return the item that is due first.

    Args:
        db: Open transaction that settles the item.
        until: Latest time of the item.
    """
    item = find_next(db)
    if item is None or item.at > until:
        return None
    db.execute("DELETE FROM due_items WHERE kind = ? AND subject = ?", (item.kind, item.subject))
    return item
