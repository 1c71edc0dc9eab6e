"""Idempotency: the same key again gets the first answer again, and nothing happens twice."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ..auth.sessions import Surface
from ..clock import timestamp
from ..errors import ApiError
from .responses import ApiResponse

__all__ = ["keep", "key_of", "recall", "scope_of"]

KEPT_FOR: Final = timedelta(hours=24)
LONGEST_KEY: Final = 255

# A repeat after one of these is meant to be served afresh.
_PASSING: Final = frozenset({401, 429})


def key_of(header: str | None) -> str | None:
    """Read the ``Idempotency-Key`` header; an empty one counts as none.

    Raises:
        ApiError: The key is too long (400).
    """
    if header and len(header) > LONGEST_KEY:
        raise ApiError(400, f"The Idempotency-Key is longer than {LONGEST_KEY} characters.")
    return header or None


def scope_of(surface: Surface, person_id: str, path: str, raw: bytes) -> str:
    """Find within which bounds a key is the same key.

    The keys of the tenant are one set, as the contract says, and so are those
    of each portal account. On a public surface nobody is known: there, a key
    belongs to one path and one body, and a stranger who guesses it gets no
    answer, maybe with a session in it, that was meant for another.

    Args:
        surface: Where the call came in.
        person_id: Who signed in, if anybody did.
        path: The path of the request.
        raw: Its body.

    Returns:
        A text that differs from that of every other scope; the tenant's is empty.
    """
    if surface is Surface.MERCHANT:
        return ""
    if surface is Surface.PUBLIC:
        return hashlib.sha256(path.encode() + b"\0" + raw).hexdigest()
    return person_id


def recall(db: sqlite3.Connection, key: str, now: datetime, scope: str = "") -> ApiResponse | None:
    """Find the first answer under a key.

    Within the scope, which operation and body it answered does not matter: the key alone decides.
    """
    db.execute("DELETE FROM idempotency WHERE created_at <= ?", (timestamp(now - KEPT_FOR),))
    row = db.execute("SELECT status, body FROM idempotency WHERE scope = ? AND key = ?", (scope, key)).fetchone()
    return None if row is None else ApiResponse(row["status"], row["body"])


def keep(db: sqlite3.Connection, key: str, answer: ApiResponse, now: datetime, scope: str = "") -> None:
    """Keep an answer for repeats, in the transaction that holds the call's effects."""
    if answer.status in _PASSING or answer.status >= 500:
        return
    db.execute(
        "INSERT INTO idempotency (scope, key, status, body, created_at) VALUES (?, ?, ?, ?, ?)",
        (scope, key, answer.status, answer.body, timestamp(now)),
    )
