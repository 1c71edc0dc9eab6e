"""Idempotency keys that are derived from the names and ids of a write."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from ._checks import is_integer
from .errors import InvalidArgumentError

__all__ = ["KeyPart", "derive_key"]

KeyPart: TypeAlias = str | int | uuid.UUID | date

# Hashed first, so that another scheme of a later release cannot produce the same keys.
_SCHEME: Final = b"duro.derive_key.1"


def derive_key(*parts: KeyPart) -> str:
    """Return the same idempotency key for the same parts, for code that repeats calls of the SDK.

    A job that runs again after a crash derives the same key again, and so its write is processed once. The key is the
    same in all processes, Python versions and releases of the SDK. Different parts give different keys, and the type
    of a part counts: ``1`` and ``"1"`` differ. A ``datetime`` counts as an instant, in any time zone.

    Args:
        parts: Purpose of the write, then the ids of all objects that it concerns. Each part is a
            string that is not empty, an integer, a ``UUID``, a date, or a ``datetime`` with a time zone. Do not pass
            a secret, because a short one could be guessed from the key.

    Returns:
        Key in the form of a UUID.

    Raises:
        InvalidArgumentError: There are no parts, or a part is empty or has another type.

    Example:
        >>> derive_key("refund", "order_1", 2)
        '4d5455fd-2c87-86b2-9772-159bba11f905'
        >>> derive_key("refund", "order_1", 2) == derive_key("refund", "order_12")
        False
    """
    if not parts:
        raise InvalidArgumentError(
            "parts must contain at least one value, got none; pass for example 'refund', order.id"
        )
    digest = hashlib.sha256(_SCHEME)
    for number, part in enumerate(parts, 1):
        kind, content = _encode(number, part)
        # With its type and length, each part has one encoding, and no two lists of parts have the same one.
        digest.update(b"%b%d:%b" % (kind, len(content), content))
    # Version 8 of RFC 9562: a UUID with content of the application.
    value = int.from_bytes(digest.digest()[:16], "big")
    value = value & ~(0xF << 76) | 8 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


def _encode(number: int, part: object) -> tuple[bytes, bytes]:
    if isinstance(part, str):
        if not part:
            raise InvalidArgumentError(
                f"part {number} must not be an empty string; pass the id of an object that exists"
            )
        try:
            return b"s", str.encode(part, "utf-8")
        except UnicodeEncodeError:
            pass
        # Outside the except block, so that no traceback shows the string.
        raise InvalidArgumentError(f"part {number} must not contain a lone surrogate; decode the text correctly")
    if is_integer(part):
        # Hexadecimal, because Python limits the number of decimal digits.
        return b"i", format(part, "x").encode()
    if isinstance(part, uuid.UUID):
        return b"u", part.bytes
    if isinstance(part, datetime):
        return b"t", _encode_instant(number, part)
    if isinstance(part, date):
        return b"d", part.isoformat().encode()
    raise InvalidArgumentError(
        f"part {number} must be a string, an integer, a UUID, a date or a datetime, got {type(part).__name__}; "
        "pass the id of an object"
    )


def _encode_instant(number: int, part: datetime) -> bytes:
    if part.utcoffset() is None:
        raise InvalidArgumentError(f"part {number} must have a time zone; pass for example datetime.now(UTC)")
    try:
        return part.astimezone(UTC).isoformat().encode()
    except OverflowError:
        pass
    raise InvalidArgumentError(f"part {number} must be within the years 1 to 9999 in UTC; pass another time")
