"""Path patterns of faults, and the prefix of the control routes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["is_control_path", "matches"]

_CONTROL_PREFIX: Final = "/_sandbox"


def is_control_path(path: str) -> bool:
    """Return whether a path belongs to the control routes and not to the API."""
    return path == _CONTROL_PREFIX or path.startswith(f"{_CONTROL_PREFIX}/")


def matches(pattern: str, path: str) -> bool:
    """Return whether a path matches a pattern.

    Args:
        pattern: Path in which a segment ``{id}`` or ``*`` matches any one segment, and ``*`` next to other
            characters matches any part of a segment.
        path: Path of a request, without the query.

    Example:
        >>> matches("/v1/plans/{id}", "/v1/plans/plan_1"), matches("/v1/*", "/v1/plans/plan_1")
        (True, False)
    """
    return _compile(pattern).fullmatch(path) is not None


@lru_cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile("/".join(_compile_segment(segment) for segment in pattern.split("/")))


def _compile_segment(segment: str) -> str:
    if segment == "*" or segment.startswith("{"):
        return "[^/]+"
    return "[^/]*".join(re.escape(part) for part in segment.split("*"))
