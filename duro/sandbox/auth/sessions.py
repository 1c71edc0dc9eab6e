"""The surfaces of the API, and the credential that opens each of them."""

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

__all__ = ["Surface", "authenticate", "open_session"]

SESSION_LIFETIME: Final = timedelta(hours=24)


class Surface(enum.Enum):
    """Who an operation is for."""

    MERCHANT = "merchant"  # a secret key or an access token
    IDENTITY = "identity"  # an identity token
    PORTAL = "portal"  # a portal session
    PUBLIC = "public"  # nothing


# What a session's token begins with.
_PREFIXES: Final[Mapping[Surface, str]] = {Surface.IDENTITY: "idt_test_", Surface.PORTAL: "pst_test_"}


def authenticate(surface: Surface, db: sqlite3.Connection, headers: Mapping[str, str], now: datetime) -> str:
    """Check the credential of a call.

    Args:
        surface: Where it knocks.
        db: The open transaction.
        headers: The headers of the request.
        now: The sandbox's time.

    Returns:
        The id of the identity or portal account that signed in; empty on the other surfaces.

    Raises:
        ApiError: The credential is missing or not valid, or belongs to another surface (401).
    """
    match surface:
        case Surface.MERCHANT:
            authenticate_merchant(db, headers.get("Authorization"), now)
            return ""
        case Surface.IDENTITY:
            return _person(db, surface, _bearer(headers.get("Authorization", "")), now)
        case Surface.PORTAL:
            return _person(db, surface, headers.get("x-portal-session", ""), now)
        case Surface.PUBLIC:
            return ""


def open_session(db: sqlite3.Connection, surface: Surface, person_id: str, now: datetime) -> str:
    """Sign a person in; the database keeps no more than the token's hash.

    Args:
        db: The open transaction.
        surface: :attr:`Surface.IDENTITY` or :attr:`Surface.PORTAL`.
        person_id: The identity or the portal account.
        now: The sandbox's time.

    Returns:
        The token, for the one answer that carries it.
    """
    token = f"{_PREFIXES[surface]}{secrets.token_urlsafe(32)}"
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", (timestamp(now),))
    db.execute(
        "INSERT INTO sessions (digest, surface, person_id, expires_at) VALUES (?, ?, ?, ?)",
        (_digest(token), surface.value, person_id, timestamp(now + SESSION_LIFETIME)),
    )
    return token


def _person(db: sqlite3.Connection, surface: Surface, token: str, now: datetime) -> str:
    row = db.execute(
        "SELECT person_id FROM sessions WHERE digest = ? AND surface = ? AND expires_at > ?",
        (_digest(token), surface.value, timestamp(now)),
    ).fetchone()
    if row is None:
        raise ApiError(401, "The session is missing, not valid, or not valid any more; sign in again.")
    person_id: str = row["person_id"]
    return person_id


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
