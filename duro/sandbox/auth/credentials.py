"""The credentials of the one tenant that a sandbox has, and the tokens it hands out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ..clock import timestamp
from ..errors import ApiError

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "MERCHANT_NAME",
    "SECRET_KEY",
    "TENANT_ID",
    "authenticate_merchant",
    "is_client",
    "issue_token",
    "revoke_tokens",
]

TENANT_ID: Final = "ten_sandbox"
MERCHANT_NAME: Final = "Duro Sandbox"

# Known to everybody: they open nothing but a sandbox.
SECRET_KEY: Final = "sk_test_sandbox"
CLIENT_ID: Final = "cid_test_sandbox"
CLIENT_SECRET: Final = "csec_test_sandbox"


def is_client(client_id: str, client_secret: str) -> bool:
    """Tell whether these are the tenant's OAuth client and its secret."""
    # Both are compared in any case, so the time taken does not tell which of them was wrong.
    return _same(client_id, CLIENT_ID) & _same(client_secret, CLIENT_SECRET)


def issue_token(db: sqlite3.Connection, now: datetime, lifetime: float) -> str:
    """Make an access token; the database keeps no more than its hash.

    Args:
        db: The open transaction.
        now: The sandbox's time.
        lifetime: Seconds until the token expires.

    Returns:
        The token, for the one answer that carries it.
    """
    token = f"at_test_{secrets.token_urlsafe(32)}"
    db.execute("DELETE FROM tokens WHERE expires_at <= ?", (timestamp(now),))
    db.execute(
        "INSERT INTO tokens (digest, expires_at) VALUES (?, ?)",
        (_digest(token), timestamp(now + timedelta(seconds=lifetime))),
    )
    return token


def revoke_tokens(db: sqlite3.Connection, token: str | None = None) -> int:
    """Make tokens worthless before they expire.

    Args:
        db: The open transaction.
        token: The token to revoke; ``None`` revokes all.

    Returns:
        How many there were.
    """
    if token is None:
        return db.execute("DELETE FROM tokens").rowcount
    return db.execute("DELETE FROM tokens WHERE digest = ?", (_digest(token),)).rowcount


def authenticate_merchant(db: sqlite3.Connection, authorization: str | None, now: datetime) -> None:
    """Check the credential of a call on ``/v1``.

    Args:
        db: The open transaction.
        authorization: The header as it came.
        now: The sandbox's time.

    Raises:
        ApiError: There is no credential, or it is not valid (any more) (401).
    """
    if authorization is None:
        raise ApiError(401, "No credential was sent: Authorization: Bearer takes a secret key or an access token.")
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not (_same(credential, SECRET_KEY) or _is_token(db, credential, now)):
        raise ApiError(401, "The credential is not valid, or not valid any more.")


def _is_token(db: sqlite3.Connection, credential: str, now: datetime) -> bool:
    row = db.execute("SELECT expires_at FROM tokens WHERE digest = ?", (_digest(credential),)).fetchone()
    return row is not None and timestamp(now) < row["expires_at"]


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
