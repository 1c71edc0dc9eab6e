"""One-time codes: sent to a phone or an address, good for a while, and for one sign-in."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ..clock import timestamp
from ..errors import ApiError
from ..storage.rows import insert, update

__all__ = ["EMAIL", "WHATSAPP", "OneTimeCode", "is_cooling_down", "list_codes", "redeem_code", "send_code"]

WHATSAPP: Final = "whatsapp"
EMAIL: Final = "email"

LIFETIME: Final = timedelta(minutes=10)
MOST_ATTEMPTS: Final = 5
WINDOW: Final = timedelta(minutes=15)
MOST_IN_WINDOW: Final = 5
COOLDOWN: Final = timedelta(seconds=60)


@frozen
class OneTimeCode:
    """A code as its recipient sees it; nothing but the sandbox's own surface shows one.

    Attributes:
        channel: ``whatsapp`` or ``email``.
        recipient: The phone number or address.
        code: Six digits.
        expires_at: Until when it works, as the API writes it.
        at: When it was sent.
    """

    channel: str
    recipient: str
    code: str
    expires_at: str
    at: str


def send_code(db: sqlite3.Connection, identifier: str, channel: str, recipient: str, now: datetime) -> str:
    """Send a new code; the ones before it work no longer.

    Args:
        db: The open transaction.
        identifier: The id of the record.
        channel: :data:`WHATSAPP` or :data:`EMAIL`.
        recipient: The phone number or address.
        now: The sandbox's time.

    Returns:
        When the code expires.

    Raises:
        ApiError: The recipient got too many codes of late (429).
    """
    (lately,) = db.execute(
        "SELECT count(*) FROM codes WHERE channel = ? AND recipient = ? AND created_at > ?",
        (channel, recipient, timestamp(now - WINDOW)),
    ).fetchone()
    if lately >= MOST_IN_WINDOW:
        raise ApiError(429, f"No more than {MOST_IN_WINDOW} codes are sent within 15 minutes; try again later.")
    expires_at = timestamp(now + LIFETIME)
    values = {
        "id": identifier,
        "channel": channel,
        "recipient": recipient,
        "code": f"{secrets.randbelow(10**6):06}",
        "expires_at": expires_at,
        "created_at": timestamp(now),
    }
    insert(db, "codes", values)
    return expires_at


def is_cooling_down(db: sqlite3.Connection, channel: str, recipient: str, now: datetime) -> bool:
    """Tell whether the latest code was sent a moment ago and still serves."""
    latest = _latest(db, channel, recipient)
    return latest is not None and not latest["used_at"] and timestamp(now - COOLDOWN) < latest["created_at"]


def redeem_code(db: sqlite3.Connection, channel: str, recipient: str, code: str, now: datetime) -> ApiError | None:
    """Use the latest code up, or count a vain attempt.

    Args:
        db: The open transaction.
        channel: The channel of the code.
        recipient: Who was sent it.
        code: What the caller says it is.
        now: The sandbox's time.

    Returns:
        ``None`` if the code was right. A refusal is returned, not raised, for
        the attempt has to count although it is refused.
    """
    latest = _latest(db, channel, recipient)
    if latest is None or latest["used_at"] or latest["expires_at"] <= timestamp(now):
        return ApiError(401, "The code is wrong, used or expired.")
    if latest["attempts"] >= MOST_ATTEMPTS:
        return ApiError(429, f"The code was tried {MOST_ATTEMPTS} times; ask for a new one.")
    update(db, "codes", latest["id"], {"attempts": latest["attempts"] + 1})
    if not hmac.compare_digest(latest["code"].encode(), code.encode()):
        return ApiError(401, "The code is wrong, used or expired.")
    update(db, "codes", latest["id"], {"used_at": timestamp(now)})
    return None


def list_codes(db: sqlite3.Connection) -> tuple[OneTimeCode, ...]:
    """List every code, newest last."""
    rows = db.execute("SELECT channel, recipient, code, expires_at, created_at FROM codes ORDER BY created_at, id")
    return tuple(OneTimeCode(*row) for row in rows)


def _latest(db: sqlite3.Connection, channel: str, recipient: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM codes WHERE channel = ? AND recipient = ? ORDER BY created_at DESC, id DESC LIMIT 1",
        (channel, recipient),
    ).fetchone()
    return row
