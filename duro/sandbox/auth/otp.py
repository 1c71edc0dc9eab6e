"""One-time passwords: sent to a phone number or e-mail address, valid for 10 minutes and one sign-in."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ..clock import timestamp
from ..errors import ApiError
from ..storage.pages import ListPage, Selection, select_rows
from ..storage.rows import insert, update

__all__ = [
    "EMAIL",
    "WHATSAPP",
    "OneTimeCode",
    "is_cooling_down",
    "list_codes",
    "redeem_code",
    "select_codes",
    "send_code",
]

WHATSAPP: Final = "whatsapp"
EMAIL: Final = "email"

LIFETIME: Final = timedelta(minutes=10)
MAX_ATTEMPTS: Final = 5
WINDOW: Final = timedelta(minutes=15)
MAX_CODES_PER_WINDOW: Final = 5
COOLDOWN: Final = timedelta(seconds=60)


@frozen
class OneTimeCode:
    """Code as its recipient would see it. A sandbox does not send codes, so tests read them here.

    Attributes:
        channel: ``whatsapp`` or ``email``.
        recipient: Phone number or e-mail address.
        code: Six digits.
        expires_at: Time of expiry, in the API's format.
        at: Time of sending, in the API's format.
    """

    channel: str
    recipient: str
    code: str
    expires_at: str
    at: str


def send_code(db: sqlite3.Connection, identifier: str, channel: str, recipient: str, now: datetime) -> str:
    """Send a new code. Earlier codes of the recipient become invalid.

    Args:
        db: Open transaction.
        identifier: Id of the new row.
        channel: ``WHATSAPP`` or ``EMAIL``.
        recipient: Phone number or e-mail address.
        now: Sandbox time.

    Returns:
        The time of expiry, in the API's format.

    Raises:
        ApiError: The recipient got too many codes in the last 15 minutes (429).
    """
    (recent,) = db.execute(
        "SELECT count(*) FROM codes WHERE channel = ? AND recipient = ? AND created_at > ?",
        (channel, recipient, timestamp(now - WINDOW)),
    ).fetchone()
    if recent >= MAX_CODES_PER_WINDOW:
        raise ApiError(429, f"At most {MAX_CODES_PER_WINDOW} codes are sent in 15 minutes; retry later.")
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
    """Return whether the latest code is unused and less than a minute old.

    Args:
        db: Open transaction.
        channel: Channel of the code.
        recipient: Phone number or e-mail address.
        now: Sandbox time.
    """
    latest = _find_latest(db, channel, recipient)
    return latest is not None and not latest["used_at"] and timestamp(now - COOLDOWN) < latest["created_at"]


def redeem_code(db: sqlite3.Connection, channel: str, recipient: str, code: str, now: datetime) -> ApiError | None:
    """Redeem the latest code, or count a failed attempt.

    Args:
        db: Open transaction.
        channel: Channel of the code.
        recipient: Phone number or e-mail address.
        code: Code to check.
        now: Sandbox time.

    Returns:
        ``None`` if the code was valid. Otherwise the error is returned and not
        raised, because raising it would roll back the count of attempts.
    """
    latest = _find_latest(db, channel, recipient)
    if latest is None or latest["used_at"] or latest["expires_at"] <= timestamp(now):
        return ApiError(401, "The code is wrong, used or expired.")
    if latest["attempts"] >= MAX_ATTEMPTS:
        return ApiError(429, f"The code was tried {MAX_ATTEMPTS} times; request a new one.")
    update(db, "codes", latest["id"], {"attempts": latest["attempts"] + 1})
    if not hmac.compare_digest(latest["code"].encode(), code.encode()):
        return ApiError(401, "The code is wrong, used or expired.")
    update(db, "codes", latest["id"], {"used_at": timestamp(now)})
    return None


def list_codes(db: sqlite3.Connection) -> tuple[OneTimeCode, ...]:
    """Return all codes, oldest first."""
    rows = db.execute("SELECT channel, recipient, code, expires_at, created_at FROM codes ORDER BY created_at, rowid")
    return tuple(OneTimeCode(*row) for row in rows)


def select_codes(db: sqlite3.Connection, selection: Selection) -> ListPage[OneTimeCode]:
    """Read a page of the codes.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are columns of ``codes``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    columns = ("channel", "recipient", "code", "expires_at", "created_at")
    return select_rows(db, "codes", selection).map(lambda row: OneTimeCode(*(row[column] for column in columns)))


def _find_latest(db: sqlite3.Connection, channel: str, recipient: str) -> sqlite3.Row | None:
    # Within one millisecond, the ids of a chosen seed are not in the order of sending.
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM codes WHERE channel = ? AND recipient = ? ORDER BY created_at DESC, rowid DESC LIMIT 1",
        (channel, recipient),
    ).fetchone()
    return row
