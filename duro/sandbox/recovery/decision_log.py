"""Stored decisions: the history of each recovery."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from attrs import asdict, fields, frozen

from ..clock import parse_timestamp
from ..storage.pages import ListPage, Selection, select_rows
from ..storage.rows import insert
from .decisions import Decision

__all__ = [
    "RecoveryHistory",
    "find_last_decision",
    "list_decisions",
    "load_history",
    "select_decisions",
    "store_decision",
]

_COLUMNS = ", ".join(field.name for field in fields(Decision))


@frozen
class RecoveryHistory:
    """Failures of an invoice so far.

    Attributes:
        attempts: Number of failed attempts.
        hard_declines: Number of those that were hard declines.
        first_failed_at: Time of the first one. ``None`` before it.
        next_rail: Rail of the attempt after the last one. ``None`` before the first one.
    """

    attempts: int = 0
    hard_declines: int = 0
    first_failed_at: datetime | None = None
    next_rail: str | None = None


def store_decision(db: sqlite3.Connection, decision: Decision) -> None:
    """Store a decision.

    Args:
        db: Open transaction.
        decision: Decision to store.
    """
    insert(db, "decisions", asdict(decision, recurse=False))


def load_history(db: sqlite3.Connection, invoice_id: str) -> RecoveryHistory:
    """Return the failures of an invoice so far.

    Args:
        db: Open transaction.
        invoice_id: Id of the invoice.
    """
    rows = db.execute(
        "SELECT attempt, category, rail, at FROM decisions WHERE invoice_id = ? ORDER BY id", (invoice_id,)
    ).fetchall()
    if not rows:
        return RecoveryHistory()
    return RecoveryHistory(
        attempts=rows[-1]["attempt"],
        hard_declines=sum(row["category"] == "hard_decline" for row in rows),
        first_failed_at=parse_timestamp(rows[0]["at"]),
        next_rail=rows[-1]["rail"],
    )


def find_last_decision(db: sqlite3.Connection, invoice_id: str) -> Decision | None:
    """Return the latest decision about an invoice, if there is one.

    Args:
        db: Open transaction.
        invoice_id: Id of the invoice.
    """
    row = db.execute(
        f"SELECT {_COLUMNS} FROM decisions WHERE invoice_id = ? ORDER BY id DESC LIMIT 1",  # noqa: S608 - a constant
        (invoice_id,),
    ).fetchone()
    return None if row is None else Decision(*row)


def list_decisions(db: sqlite3.Connection) -> tuple[Decision, ...]:
    """Return all decisions, oldest first."""
    return tuple(Decision(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM decisions ORDER BY id"))  # noqa: S608 - a constant


def select_decisions(db: sqlite3.Connection, selection: Selection) -> ListPage[Decision]:
    """Read a page of the decisions.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are columns of ``decisions``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    names = [field.name for field in fields(Decision)]
    return select_rows(db, "decisions", selection).map(lambda row: Decision(*(row[name] for name in names)))
