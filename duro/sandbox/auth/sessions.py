"""Sessions of customers who have signed in."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..clock import timestamp
from ..errors import ApiError
from ..unit_of_work import UnitOfWork
from .audience import Audience

__all__ = ["find_person", "is_identity_token", "open_session"]

SESSION_LIFETIME: Final = timedelta(hours=24)


_PREFIXES: Final[Mapping[Audience, str]] = {Audience.IDENTITY: "idt_", Audience.PORTAL: "pst_"}


def open_session(uow: UnitOfWork, audience: Audience, person_id: str) -> str:
    """Create a session. The database stores only the hash of its token.

    Args:
        uow: Unit of work.
        audience: ``Audience.IDENTITY`` or ``Audience.PORTAL``.
        person_id: Id of the identity or portal account.

    Returns:
        The session's token.
    """
    token = f"{_PREFIXES[audience]}{uow.mode}_{secrets.token_urlsafe(32)}"
    uow.db.execute("DELETE FROM sessions WHERE expires_at <= ?", (uow.at,))
    uow.db.execute(
        "INSERT INTO sessions (digest, audience, person_id, expires_at) VALUES (?, ?, ?, ?)",
        (_hash(token), audience.value, person_id, timestamp(uow.now + SESSION_LIFETIME)),
    )
    return token


def find_person(db: sqlite3.Connection, audience: Audience, token: str, now: datetime) -> str:
    """Return the id of the identity or portal account that a session belongs to.

    Args:
        db: Open transaction.
        audience: ``Audience.IDENTITY`` or ``Audience.PORTAL``.
        token: Session token from the request.
        now: Sandbox time.

    Raises:
        ApiError: The session is missing, invalid, expired, or belongs to another audience (401).
    """
    row = db.execute(
        "SELECT person_id FROM sessions WHERE digest = ? AND audience = ? AND expires_at > ?",
        (_hash(token), audience.value, timestamp(now)),
    ).fetchone()
    if row is None:
        raise ApiError(401, "The session is missing, invalid or expired; sign in again.")
    person_id: str = row["person_id"]
    return person_id


def is_identity_token(db: sqlite3.Connection, token: str, now: datetime) -> bool:
    """Return whether a credential is the valid token of an identity.

    Args:
        db: Open transaction.
        token: Credential from the request.
        now: Sandbox time.
    """
    # Most credentials have another prefix, so they do not cost a query.
    if not token.startswith(_PREFIXES[Audience.IDENTITY]):
        return False
    try:
        find_person(db, Audience.IDENTITY, token, now)
    except ApiError:
        return False
    return True


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
