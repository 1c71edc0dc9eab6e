"""Authentication of API requests: each audience has a credential of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from .audience import Audience
from .credentials import authenticate_merchant
from .sessions import find_person

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
        ApiError: The credential is missing, invalid, expired, or belongs to another audience (401).
    """
    match audience:
        case Audience.MERCHANT:
            authenticate_merchant(db, headers.get("Authorization"), now)
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
