"""Paths: which belong to the control surface, and which ones a pattern means."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["is_control", "matches"]

_CONTROL_SURFACE: Final = "/_sandbox"


def is_control(path: str) -> bool:
    """Tell whether a path belongs to the control surface, and not to the API."""
    return path == _CONTROL_SURFACE or path.startswith(f"{_CONTROL_SURFACE}/")


def matches(pattern: str, path: str) -> bool:
    """Tell whether a pattern means a path.

    Args:
        pattern: A path in which ``{id}`` and ``*`` stand for one segment, and
            ``*`` beside other characters for a part of one.
        path: The path of a request.

    Example:
        >>> matches("/v1/plans/{id}", "/v1/plans/plan_1"), matches("/v1/*", "/v1/plans/plan_1")
        (True, False)
    """
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("/".join(_segment(segment) for segment in pattern.split("/")))


def _segment(segment: str) -> str:
    if segment == "*" or segment.startswith("{"):
        return "[^/]+"
    return "[^/]*".join(re.escape(part) for part in segment.split("*"))
