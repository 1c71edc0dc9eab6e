"""Amounts and billing intervals as customers read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

__all__ = ["format_amount", "format_date", "format_interval"]

_SYMBOLS: Final[Mapping[str, str]] = {"NGN": "₦", "USD": "$", "EUR": "€", "GBP": "£", "GHS": "GH₵", "KES": "KSh "}
_MONTHS: Final[Mapping[str, int]] = {"quarter": 3, "biannual": 6}


def format_amount(amount: int, currency: str) -> str:
    """Format an amount with its currency and two decimals.

    Args:
        amount: Minor units.
        currency: Currency code.

    Example:
        >>> format_amount(500_000, "NGN"), format_amount(50, "XOF")
        ('₦5,000.00', 'XOF 0.50')
    """
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{symbol}{amount // 100:,}.{amount % 100:02}"


def format_interval(interval: str, count: int) -> str:
    """Format a billing interval.

    Args:
        interval: Interval of the contract, such as ``month``.
        count: Number of intervals in a period.

    Example:
        >>> format_interval("month", 1), format_interval("week", 2), format_interval("biannual", 1)
        ('every month', 'every 2 weeks', 'every 6 months')
    """
    if interval in _MONTHS:
        interval, count = "month", count * _MONTHS[interval]
    return f"every {interval}" if count == 1 else f"every {count} {interval}s"


def format_date(moment: datetime) -> str:
    """Format a date.

    Args:
        moment: Aware datetime in UTC.

    Example:
        >>> format_date(datetime.fromisoformat("2026-12-07T09:00:00Z"))
        '7 December 2026'
    """
    return f"{moment.day} {moment:%B %Y}"
