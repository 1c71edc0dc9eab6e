"""Amounts as people read them."""

from __future__ import annotations

from typing import Final

__all__ = ["format_amount"]

MINOR_UNITS: Final = 100


def format_amount(amount: int, currency: str = "") -> str:
    """Return an amount with two decimals, after its currency.

    Args:
        amount: Amount in minor units.
        currency: Code of the currency, empty if unknown.

    Example:
        >>> format_amount(500_050, "NGN")
        'NGN 5,000.50'
        >>> format_amount(-5)
        '-0.05'
    """
    units, minor_units = divmod(abs(amount), MINOR_UNITS)
    return f"{currency} {'-' if amount < 0 else ''}{units:,}.{minor_units:02}".lstrip()
