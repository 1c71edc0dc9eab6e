"""Checks of numbers that users pass as settings or arguments."""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Final, TypeGuard

from .errors import ConfigurationError, redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .errors import DuroError

__all__ = [
    "check_integer",
    "check_number",
    "describe_text",
    "describe_type",
    "describe_value",
    "is_integer",
    "is_number",
]

# The conversion of a very long integer to text takes long, and Python refuses it.
MAX_SHOWN_DIGITS: Final = 20
MAX_SHOWN_CHARACTERS: Final = 50

_COMPARISONS: Final = {"above": operator.gt, "at least": operator.ge, "at most": operator.le}


def describe_type(value: object) -> str:
    """Return the type of a value for an error message, or ``None``. The value may be a secret, and is not shown."""
    return "None" if value is None else type(value).__name__


def describe_text(value: object) -> str:
    """Return the start of a text for an error message, with secrets masked, or the type of another value."""
    return repr(redact(value)[:MAX_SHOWN_CHARACTERS]) if isinstance(value, str) else describe_type(value)


def describe_value(value: object) -> str:
    """Return a number for an error message, or the type of another value, which may be a secret."""
    if not isinstance(value, int | float):
        return describe_type(value)
    if isinstance(value, int) and abs(value) >= 10**MAX_SHOWN_DIGITS:
        return f"an integer of more than {MAX_SHOWN_DIGITS} digits"
    return str(value)


def is_integer(value: object) -> TypeGuard[int]:
    """Return whether a value is an ``int`` and not a ``bool``."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is an ``int`` or a finite ``float``, and not a ``bool``."""
    return is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def check_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    advice: str = "",
    error: type[DuroError] = ConfigurationError,
) -> float:
    """Check that a value is a finite number within bounds.

    Args:
        name: Name of the argument, for the message.
        value: Value that the user passed.
        above: Exclusive lower bound, ``None`` for none.
        minimum: Inclusive lower bound, ``None`` for none.
        maximum: Inclusive upper bound, ``None`` for none.
        advice: End of the message, such as ``"pass seconds"``.
        error: Class of the error to raise.

    Returns:
        The number as a float.

    Raises:
        DuroError: The value is not a number, or out of bounds. The class is ``error``.

    Example:
        >>> check_number("timeout", 0, above=0, advice="pass seconds")
        Traceback (most recent call last):
        duro.errors.ConfigurationError: timeout must be a number above 0, got 0; pass seconds
    """
    bounds = {"above": above, "at least": minimum, "at most": maximum}
    # A larger integer is within the bounds of some settings, but is not a float.
    if is_number(value) and abs(value) <= sys.float_info.max and _is_within(value, bounds):
        return float(value)
    raise error(_describe(name, "a number", value, bounds, advice))


def check_integer(
    name: str,
    value: object,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    advice: str = "",
    error: type[DuroError] = ConfigurationError,
) -> int:
    """Check that a value is an integer within bounds.

    Args:
        name: Name of the argument, for the message.
        value: Value that the user passed.
        minimum: Inclusive lower bound, ``None`` for none.
        maximum: Inclusive upper bound, ``None`` for none.
        advice: End of the message, such as ``"pass a port number"``.
        error: Class of the error to raise.

    Returns:
        The integer.

    Raises:
        DuroError: The value is not an integer, or out of bounds. The class is ``error``.
    """
    bounds = {"at least": minimum, "at most": maximum}
    if is_integer(value) and _is_within(value, bounds):
        return value
    raise error(_describe(name, "an integer", value, bounds, advice))


def _is_within(value: float, bounds: Mapping[str, float | None]) -> bool:
    return all(bound is None or _COMPARISONS[word](value, bound) for word, bound in bounds.items())


def _describe(name: str, kind: str, value: object, bounds: Mapping[str, float | None], advice: str) -> str:
    limits = " and ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)
    limits = f"of {limits}" if limits.startswith("at ") else limits
    message = " ".join(filter(None, (name, "must be", kind, limits)))
    shown = describe_value(value)
    return f"{message}, got {shown}; {advice}" if advice else f"{message}, got {shown}"
