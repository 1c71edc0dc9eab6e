"""Formats of the dashboard: relative times, short identifiers, and the tones of statuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ..checkout.money import format_amount
from ..clock import parse_timestamp

__all__ = [
    "find_tone",
    "format_day",
    "format_exact",
    "format_relative",
    "format_whole_amount",
    "humanize",
    "name_rail",
    "shorten",
]

# From the largest unit to the smallest, with their seconds.
_UNITS: Final = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
    ("second", 1),
)
MAX_ID_CHARACTERS: Final = 14
# Words that are not written as the others.
_ACRONYMS: Final[Mapping[str, str]] = {"ussd": "USSD", "sms": "SMS", "whatsapp": "WhatsApp"}
_SUFFIX_CHARACTERS: Final = 6

_TONES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("active", "paid", "succeeded", "delivered", "recovered", "completed", "acknowledged", "ok"), "good"
    ),
    **dict.fromkeys(("trialing", "open", "pending", "processing", "recovering", "retry", "retry_payday"), "info"),
    **dict.fromkeys(
        ("past_due", "incomplete", "at_risk", "paused", "request_card_update", "switch_rail", "retrying"), "warn"
    ),
    **dict.fromkeys(("unpaid", "uncollectible", "failed", "lost", "exhaust", "exhausted", "blacklisted"), "bad"),
}


def format_relative(at: str, now: datetime) -> str:
    """Format a time relative to another one, in its largest unit.

    Args:
        at: Timestamp in the API's format.
        now: Aware datetime.

    Example:
        >>> format_relative("2026-06-30T09:00:00.000Z", datetime.fromisoformat("2026-06-28T08:00:00Z"))
        'in 2 days'
    """
    seconds = round((parse_timestamp(at) - now).total_seconds())
    unit, size = next(((unit, size) for unit, size in _UNITS if abs(seconds) >= size), ("", 1))
    if not unit:
        return "now"
    number = abs(seconds) // size
    span = f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return f"in {span}" if seconds > 0 else f"{span} ago"


def format_exact(at: str) -> str:
    """Format a time with its date, in UTC.

    Args:
        at: Timestamp in the API's format.

    Example:
        >>> format_exact("2026-06-28T09:05:07.000Z")
        '28 Jun 2026, 09:05:07 UTC'
    """
    moment = parse_timestamp(at)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"


def format_day(at: str) -> str:
    """Format the day of a time.

    Args:
        at: Timestamp in the API's format.

    Example:
        >>> format_day("2026-06-28T09:05:07.000Z")
        '28 Jun 2026'
    """
    return format_exact(at).partition(",")[0]


def format_whole_amount(amount: int, currency: str) -> str:
    """Format an amount without decimals, for the axis of a chart.

    Args:
        amount: Minor units.
        currency: Currency code.

    Example:
        >>> format_whole_amount(2_500_000, "NGN")
        '₦25,000'
    """
    return format_amount(amount, currency).rpartition(".")[0]


def shorten(identifier: str) -> str:
    """Shorten an identifier to its prefix and its last characters. A short one stays as it is.

    Example:
        >>> shorten("sub_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6")
        'sub_…Y1B5C6'
    """
    if len(identifier) <= MAX_ID_CHARACTERS:
        return identifier
    prefix, separator, _ = identifier.partition("_")
    start = f"{prefix}_" if separator and len(prefix) < MAX_ID_CHARACTERS else ""
    return f"{start}…{identifier[-_SUFFIX_CHARACTERS:]}"


def humanize(name: str) -> str:
    """Return a name of the API as words.

    Example:
        >>> humanize("past_due")
        'Past due'
    """
    text = name.replace("_", " ")
    return _ACRONYMS.get(name, text[:1].upper() + text[1:])


def name_rail(rail: str) -> str:
    """Return a rail as words within a sentence.

    Example:
        >>> name_rail("ussd"), name_rail("virtual_account")
        ('USSD', 'virtual account')
    """
    return _ACRONYMS.get(rail, rail.replace("_", " "))


def find_tone(status: str) -> str:
    """Return the tone of a status: ``good``, ``info``, ``warn``, ``bad``, or ``plain`` for any other."""
    return _TONES.get(status, "plain")
