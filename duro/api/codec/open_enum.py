"""Open enums: string enums that keep values which this release does not know."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["OpenEnum"]


class OpenEnum(StrEnum):
    """String enum that accepts unknown values, so that a value added to the API breaks no client.

    An unknown value equals, sorts and hashes as its text. Its ``is_known`` is ``False``.

    Example:
        >>> from duro import Interval
        >>> Interval("month").is_known, Interval("fortnight").is_known
        (True, False)
        >>> Interval("fortnight") == "fortnight"
        True
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not stored among the members: a server could fill the memory with invented values.
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    @property
    def is_known(self) -> bool:
        """Whether this release knows the value."""
        return self._value_ in type(self)._value2member_map_
