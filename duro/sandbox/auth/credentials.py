"""Credentials of the sandbox's single merchant, and the access tokens that it issues."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ..._checks import describe_value
from ...errors import ConfigurationError
from ..clock import timestamp
from ..errors import ApiError

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "MERCHANT_NAME",
    "PUBLISHABLE_KEY",
    "SECRET_KEY",
    "TENANT_ID",
    "authenticate_merchant",
    "check_token_lifetime",
    "is_client",
    "is_publishable_key",
    "issue_token",
    "revoke_tokens",
]

TENANT_ID: Final = "ten_sandbox"
MERCHANT_NAME: Final = "Duro Sandbox"

# These values are public. They give access to sandboxes only.
SECRET_KEY: Final = "sk_test_sandbox"
PUBLISHABLE_KEY: Final = "pk_test_sandbox"
CLIENT_ID: Final = "cid_test_sandbox"
CLIENT_SECRET: Final = "csec_test_sandbox"


def check_token_lifetime(seconds: float) -> float:
    """Check the lifetime of access tokens.

    Args:
        seconds: Lifetime in seconds.

    Returns:
        The lifetime.

    Raises:
        ConfigurationError: The lifetime is not positive, or infinite.
    """
    if not 0 < seconds < math.inf:
        raise ConfigurationError(
            f"token_lifetime must be positive and finite, got {describe_value(seconds)}; pass a number of seconds"
        )
    return seconds


def is_client(client_id: str, client_secret: str) -> bool:
    """Return whether the arguments are the merchant's OAuth client and its secret.

    Args:
        client_id: Id of the client.
        client_secret: Secret of the client.
    """
    # Both are always compared, so that the duration does not reveal which of them was wrong.
    return _is_equal(client_id, CLIENT_ID) & _is_equal(client_secret, CLIENT_SECRET)


def is_publishable_key(credential: str) -> bool:
    """Return whether a credential is the merchant's publishable key, which web pages contain.

    Args:
        credential: Credential from the request.
    """
    return _is_equal(credential, PUBLISHABLE_KEY)


def issue_token(db: sqlite3.Connection, now: datetime, lifetime: float) -> str:
    """Create an access token. The database stores only its hash.

    Args:
        db: Open transaction.
        now: Sandbox time.
        lifetime: Seconds until the token expires.

    Returns:
        The token.
    """
    token = f"at_test_{secrets.token_urlsafe(32)}"
    db.execute("DELETE FROM tokens WHERE expires_at <= ?", (timestamp(now),))
    db.execute(
        "INSERT INTO tokens (digest, expires_at) VALUES (?, ?)",
        (_hash(token), timestamp(now + timedelta(seconds=lifetime))),
    )
    return token


def revoke_tokens(db: sqlite3.Connection, token: str | None = None) -> int:
    """Revoke access tokens before they expire.

    Args:
        db: Open transaction.
        token: Token to revoke, or ``None`` for all.

    Returns:
        The number of revoked tokens.
    """
    if token is None:
        return db.execute("DELETE FROM tokens").rowcount
    return db.execute("DELETE FROM tokens WHERE digest = ?", (_hash(token),)).rowcount


def authenticate_merchant(db: sqlite3.Connection, authorization: str | None, now: datetime) -> None:
    """Check the credential of a request to ``/v1``.

    Args:
        db: Open transaction.
        authorization: ``Authorization`` header, if the request has one.
        now: Sandbox time.

    Raises:
        ApiError: The credential is missing, invalid or expired (401).
    """
    if authorization is None:
        raise ApiError(401, "The credential is missing; send Authorization: Bearer with a secret key or access token.")
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not (_is_equal(credential, SECRET_KEY) or _is_token(db, credential, now)):
        raise ApiError(401, "The credential is invalid or expired.")


def _is_token(db: sqlite3.Connection, credential: str, now: datetime) -> bool:
    row = db.execute("SELECT expires_at FROM tokens WHERE digest = ?", (_hash(credential),)).fetchone()
    return row is not None and timestamp(now) < row["expires_at"]


def _is_equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
