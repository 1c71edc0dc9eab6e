"""Idempotency: the same key again gets the first answer again, and nothing happens twice."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from .answers import Answer, Refusal
from .clock import timestamp

__all__ = ["keep", "key_of", "recall"]

KEPT_FOR: Final = timedelta(hours=24)
LONGEST_KEY: Final = 255

# A repeat after one of these is meant to be served afresh.
_PASSING: Final = frozenset({401, 429})


def key_of(header: str | None) -> str | None:
    """Read the ``Idempotency-Key`` header; an empty one counts as none.

    Raises:
        Refusal: The key is too long (400).
    """
    if header and len(header) > LONGEST_KEY:
        raise Refusal(400, f"The Idempotency-Key is longer than {LONGEST_KEY} characters.")
    return header or None


def recall(records: sqlite3.Connection, key: str, now: datetime) -> Answer | None:
    """Find the first answer under a key.

    Which operation and body it answered does not matter: the key alone decides.
    """
    records.execute("DELETE FROM idempotency WHERE created_at <= ?", (timestamp(now - KEPT_FOR),))
    row = records.execute("SELECT status, body FROM idempotency WHERE key = ?", (key,)).fetchone()
    return None if row is None else Answer(row["status"], row["body"])


def keep(records: sqlite3.Connection, key: str, answer: Answer, now: datetime) -> None:
    """Keep an answer for repeats, in the transaction that holds the call's effects."""
    if answer.status in _PASSING or answer.status >= 500:
        return
    records.execute(
        "INSERT INTO idempotency (key, status, body, created_at) VALUES (?, ?, ?, ?)",
        (key, answer.status, answer.body, timestamp(now)),
    )
