"""Sessions of customers, and the credential that each audience of the API needs."""

from __future__ import annotations

import enum
import hashlib
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..clock import timestamp
from ..errors import ApiError
from .credentials import authenticate_merchant

__all__ = ["Audience", "authenticate", "open_session"]

SESSION_LIFETIME: Final = timedelta(hours=24)


class Audience(enum.Enum):
    """Group of callers that an operation serves. It determines the credential."""

    MERCHANT = "merchant"  # secret key or access token
    IDENTITY = "identity"  # identity token
    PORTAL = "portal"  # portal session
    PUBLIC = "public"  # without a credential


_PREFIXES: Final[Mapping[Audience, str]] = {Audience.IDENTITY: "idt_test_", Audience.PORTAL: "pst_test_"}


def authenticate(audience: Audience, db: sqlite3.Connection, headers: Mapping[str, str], now: datetime) -> str:
    """Check the credential of a request.

    Args:
        audience: Audience of the operation.
        db: Open transaction.
        headers: Headers of the request, case-insensitive.
        now: Sandbox time.

    Returns:
        The id of the identity or portal account, or an empty string for the other audiences.

    Raises:
        ApiError: The credential is missing, invalid, expired, or belongs to another audience (401).
    """
    match audience:
        case Audience.MERCHANT:
            authenticate_merchant(db, headers.get("Authorization"), now)
            return ""
        case Audience.IDENTITY:
            return _find_person(db, audience, _parse_bearer(headers.get("Authorization", "")), now)
        case Audience.PORTAL:
            return _find_person(db, audience, headers.get("x-portal-session", ""), now)
        case Audience.PUBLIC:
            return ""


def open_session(db: sqlite3.Connection, audience: Audience, person_id: str, now: datetime) -> str:
    """Create a session. The database stores only the hash of its token.

    Args:
        db: Open transaction.
        audience: :attr:`Audience.IDENTITY` or :attr:`Audience.PORTAL`.
        person_id: Id of the identity or portal account.
        now: Sandbox time.

    Returns:
        The session's token.
    """
    token = f"{_PREFIXES[audience]}{secrets.token_urlsafe(32)}"
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", (timestamp(now),))
    db.execute(
        "INSERT INTO sessions (digest, audience, person_id, expires_at) VALUES (?, ?, ?, ?)",
        (_hash(token), audience.value, person_id, timestamp(now + SESSION_LIFETIME)),
    )
    return token


def _find_person(db: sqlite3.Connection, audience: Audience, token: str, now: datetime) -> str:
    row = db.execute(
        "SELECT person_id FROM sessions WHERE digest = ? AND audience = ? AND expires_at > ?",
        (_hash(token), audience.value, timestamp(now)),
    ).fetchone()
    if row is None:
        raise ApiError(401, "The session is missing, invalid or expired; sign in again.")
    person_id: str = row["person_id"]
    return person_id


def _parse_bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
