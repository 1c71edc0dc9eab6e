"""Start of the clock of ``duro sandbox``, from the text of its option."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ..errors import InvalidArgumentError, redact
from ..sandbox.clock import MAX_TIME, to_utc

__all__ = ["parse_start"]

_ADVICE: Final = "write for example 2026-01-31T09:00:00Z"


def parse_start(text: str) -> datetime:
    """Parse a time with an offset.

    Args:
        text: Value of ``--start``.

    Returns:
        The same instant in UTC.

    Raises:
        InvalidArgumentError: The text is not such a time, or the time is out of range.

    Example:
        >>> parse_start("2026-01-31T10:00+01:00")
        datetime.datetime(2026, 1, 31, 9, 0, tzinfo=datetime.timezone.utc)
    """
    got = redact(repr(text))
    start = _parse_aware(text)
    if start is None:
        raise InvalidArgumentError(f"--start must be a time with an offset, got {got}; {_ADVICE}")
    if start > MAX_TIME:
        raise InvalidArgumentError(f"--start must be before the year {MAX_TIME.year}, got {got}; {_ADVICE}")
    return start


def _parse_aware(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else to_utc(moment)
