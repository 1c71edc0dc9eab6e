"""Authentication of API requests: each audience has a credential of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from ...config import Mode
from ..errors import ApiError
from .audience import Audience
from .credentials import authenticate_merchant, is_publishable_key
from .sessions import find_person, is_identity_token

__all__ = ["authenticate"]


def authenticate(
    audience: Audience, mode: Mode, db: sqlite3.Connection, headers: Mapping[str, str], now: datetime
) -> str:
    """Check the credential of a request.

    Args:
        audience: Audience of the operation.
        mode: Mode of the request.
        db: Open transaction.
        headers: Headers of the request, case-insensitive.
        now: Sandbox time.

    Returns:
        The id of the identity or portal account, or the publishable key. It is an empty string for a merchant and
        for the public.

    Raises:
        ApiError: The credential is missing, invalid, expired, or belongs to another audience (401). The publishable
            key or a valid identity token is not permitted for this operation (403).
    """
    match audience:
        case Audience.MERCHANT | Audience.BROWSER:
            authorization = headers.get("Authorization")
            credential = _parse_bearer(authorization or "")
            if is_identity_token(db, credential, now):
                raise ApiError(403, "An identity token is not permitted here; send a secret key or an access token.")
            if is_publishable_key(mode, credential):
                return _permit_publishable_key(audience, credential)
            authenticate_merchant(mode, db, authorization, now)
            return ""
        case Audience.IDENTITY:
            return find_person(db, audience, _parse_bearer(headers.get("Authorization", "")), now)
        case Audience.PORTAL:
            return find_person(db, audience, headers.get("x-portal-session", ""), now)
        case Audience.PUBLIC:
            return ""


def _permit_publishable_key(audience: Audience, key: str) -> str:
    if audience is not Audience.BROWSER:
        raise ApiError(403, "A publishable key may only create checkout sessions; send a secret key instead.")
    return key


def _parse_bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
