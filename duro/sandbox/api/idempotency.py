"""Idempotency store: a repeated key returns the first response, and the operation does not run again."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ..auth.audience import Audience
from ..clock import timestamp
from ..errors import ApiError
from .responses import ApiResponse

__all__ = ["find", "find_scope", "parse_key", "save"]

LIFETIME: Final = timedelta(hours=24)
MAX_KEY_CHARACTERS: Final = 255

# These responses and those from 500 on are not stored, because the repeat can succeed.
_TRANSIENT_STATUSES: Final = frozenset({401, 429})


def parse_key(header: str | None) -> str | None:
    """Return the key of an ``Idempotency-Key`` header. An empty header counts as missing.

    Args:
        header: Value of the header, if the request has one.

    Raises:
        ApiError: The key is too long (400).
    """
    if header and len(header) > MAX_KEY_CHARACTERS:
        raise ApiError(400, f"Idempotency-Key must have at most {MAX_KEY_CHARACTERS} characters, got {len(header)}.")
    return header or None


def find_scope(audience: Audience, person_id: str, path: str) -> str:
    """Return the scope in which a key is unique.

    The keys of the merchant form one scope, as the contract defines. The keys
    of each signed-in person form another, and so do those of the publishable
    key. Public operations do not know their caller, so the path is their scope.
    A checkout's path contains its token. The body does not matter in any scope.

    Args:
        audience: Audience of the operation.
        person_id: Id of the signed-in person, or the publishable key, if any.
        path: Path of the request.

    Returns:
        An identifier of the scope. The merchant's is empty.
    """
    return path if audience is Audience.PUBLIC else person_id


def find(db: sqlite3.Connection, key: str, now: datetime, scope: str = "") -> ApiResponse | None:
    """Return the stored response of a key, also if the operation or the body differs.

    Args:
        db: Open transaction.
        key: Idempotency key.
        now: Sandbox time.
        scope: Scope of the key.
    """
    db.execute("DELETE FROM idempotency WHERE created_at <= ?", (timestamp(now - LIFETIME),))
    row = db.execute("SELECT status, body FROM idempotency WHERE scope = ? AND key = ?", (scope, key)).fetchone()
    return None if row is None else ApiResponse(row["status"], row["body"])


def save(db: sqlite3.Connection, key: str, response: ApiResponse, now: datetime, scope: str = "") -> None:
    """Store the response of a key, in the transaction of the operation's effects.

    Args:
        db: Open transaction.
        key: Idempotency key.
        response: Response to store. Transient errors are ignored.
        now: Sandbox time.
        scope: Scope of the key.
    """
    if response.status in _TRANSIENT_STATUSES or response.status >= 500:
        return
    db.execute(
        "INSERT INTO idempotency (scope, key, status, body, created_at) VALUES (?, ?, ?, ?, ?)",
        (scope, key, response.status, response.body, timestamp(now)),
    )
