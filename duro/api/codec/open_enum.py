"""Enums that survive the day the API adds a value."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["OpenEnum"]


class OpenEnum(StrEnum):
    """A string enum that keeps values it does not know.

    An unknown value equals, sorts and hashes as its text, and says so in
    ``is_known``.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not entered among the members: a server could fill the memory with made-up values.
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    @property
    def is_known(self) -> bool:
        """Whether this release knows the value."""
        return self._value_ in type(self)._value2member_map_
