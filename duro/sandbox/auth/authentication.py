"""Authentication of API requests: each audience has a credential of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from ..errors import ApiError
from .audience import Audience
from .credentials import authenticate_merchant
from .sessions import find_person, is_identity_token

__all__ = ["authenticate"]


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
        ApiError: The credential is missing, invalid, expired, or belongs to another audience (401). A valid identity
            token is not permitted for merchants (403).
    """
    match audience:
        case Audience.MERCHANT:
            authorization = headers.get("Authorization")
            if is_identity_token(db, _parse_bearer(authorization or ""), now):
                raise ApiError(403, "An identity token is not permitted here; send a secret key or an access token.")
            authenticate_merchant(db, authorization, now)
            return ""
        case Audience.IDENTITY:
            return find_person(db, audience, _parse_bearer(headers.get("Authorization", "")), now)
        case Audience.PORTAL:
            return find_person(db, audience, headers.get("x-portal-session", ""), now)
        case Audience.PUBLIC:
            return ""


def _parse_bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
