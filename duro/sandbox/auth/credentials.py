"""Credentials of the sandbox's single merchant, and the access tokens that it issues."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ..._checks import describe_value, is_number
from ...config import Mode
from ...errors import ConfigurationError
from ..clock import timestamp
from ..errors import ApiError
from ..unit_of_work import UnitOfWork

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CREDENTIALS",
    "MERCHANT_NAME",
    "PUBLISHABLE_KEY",
    "SECRET_KEY",
    "TENANT_ID",
    "MerchantCredentials",
    "authenticate_merchant",
    "check_token_lifetime",
    "is_client",
    "is_publishable_key",
    "issue_token",
    "revoke_tokens",
]

TENANT_ID: Final = "ten_sandbox"
MERCHANT_NAME: Final = "Duro Sandbox"


@frozen
class MerchantCredentials:
    """Credentials of the merchant in one mode. They are public, and give access to sandboxes only.

    Attributes:
        secret_key: Secret key.
        publishable_key: Publishable key.
        client_id: Id of the OAuth client.
        client_secret: Secret of the OAuth client.
    """

    secret_key: str
    publishable_key: str
    client_id: str
    client_secret: str


SECRET_KEY: Final = "sk_test_sandbox"
PUBLISHABLE_KEY: Final = "pk_test_sandbox"
CLIENT_ID: Final = "cid_test_sandbox"
CLIENT_SECRET: Final = "csec_test_sandbox"

CREDENTIALS: Final[Mapping[Mode, MerchantCredentials]] = {
    "test": MerchantCredentials(SECRET_KEY, PUBLISHABLE_KEY, CLIENT_ID, CLIENT_SECRET),
    "live": MerchantCredentials("sk_live_sandbox", "pk_live_sandbox", "cid_live_sandbox", "csec_live_sandbox"),
}

# Without a complete key, because the SDK masks keys in messages.
_UNKNOWN_KEY: Final = "The secret key is not that of a sandbox; send sk_{mode}_sandbox, where the mode is test or live."


def check_token_lifetime(seconds: float) -> float:
    """Check the lifetime of access tokens.

    Args:
        seconds: Lifetime in seconds.

    Returns:
        The lifetime.

    Raises:
        ConfigurationError: The lifetime is not positive, or infinite.
    """
    if not is_number(seconds) or not 0 < seconds < math.inf:
        raise ConfigurationError(
            f"token_lifetime must be positive and finite, got {describe_value(seconds)}; pass a number of seconds"
        )
    return seconds


def is_client(mode: Mode, client_id: str, client_secret: str) -> bool:
    """Return whether the arguments are the merchant's OAuth client and its secret.

    Args:
        mode: Mode of the request.
        client_id: Id of the client.
        client_secret: Secret of the client.
    """
    # Both are always compared, so that the duration does not reveal which of them was wrong.
    expected = CREDENTIALS[mode]
    return _is_equal(client_id, expected.client_id) & _is_equal(client_secret, expected.client_secret)


def is_publishable_key(mode: Mode, credential: str) -> bool:
    """Return whether a credential is the merchant's publishable key, which web pages contain.

    Args:
        mode: Mode of the request.
        credential: Credential from the request.
    """
    return _is_equal(credential, CREDENTIALS[mode].publishable_key)


def issue_token(uow: UnitOfWork, lifetime: float) -> str:
    """Create an access token. The database stores only its hash.

    Args:
        uow: Unit of work.
        lifetime: Seconds until the token expires.

    Returns:
        The token.
    """
    token = f"at_{uow.mode}_{secrets.token_urlsafe(32)}"
    uow.db.execute("DELETE FROM tokens WHERE expires_at <= ?", (uow.at,))
    uow.db.execute(
        "INSERT INTO tokens (digest, expires_at) VALUES (?, ?)",
        (_hash(token), timestamp(uow.now + timedelta(seconds=lifetime))),
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


def authenticate_merchant(mode: Mode, db: sqlite3.Connection, authorization: str | None, now: datetime) -> None:
    """Check the credential of a request to ``/v1``.

    Args:
        mode: Mode of the request.
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
    if scheme.lower() == "bearer":
        if _is_equal(credential, CREDENTIALS[mode].secret_key) or _is_token(db, credential, now):
            return
        if credential.startswith("sk_"):
            raise ApiError(401, _UNKNOWN_KEY)
    raise ApiError(401, "The credential is invalid or expired.")


def _is_token(db: sqlite3.Connection, credential: str, now: datetime) -> bool:
    row = db.execute("SELECT expires_at FROM tokens WHERE digest = ?", (_hash(credential),)).fetchone()
    return row is not None and timestamp(now) < row["expires_at"]


def _is_equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
