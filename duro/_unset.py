"""`UNSET`, the value that leaves an argument out of a request."""

from __future__ import annotations

import enum
from typing import Final

__all__ = ["UNSET", "Unset"]


class Unset(enum.Enum):
    """Type of ``UNSET``, which leaves an argument out of a request.

    ``None`` does the same, except where the API accepts null. ``None`` sends null there.
    """

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
