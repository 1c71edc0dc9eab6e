"""Path patterns of faults, and the prefix of the control routes."""

from __future__ import annotations

from typing import Final

__all__ = ["is_control_path", "matches"]

_CONTROL_PREFIX: Final = "/_sandbox"
_INDEX: Final = "/"


def is_control_path(path: str) -> bool:
    """Return whether a path belongs to the sandbox's pages and control routes, and not to the API."""
    return path in {_INDEX, _CONTROL_PREFIX} or path.startswith(f"{_CONTROL_PREFIX}/")


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
    segments, parts = pattern.split("/"), path.split("/")
    return len(segments) == len(parts) and all(map(_matches_segment, segments, parts))


def _matches_segment(segment: str, text: str) -> bool:
    if segment == "*" or segment.startswith("{"):
        return text != ""
    first, *others = segment.split("*")
    if not others:
        return text == first
    *middle, last = others
    # Each part at its first place leaves the most text for the next one, so no part needs a second try.
    position, end = len(first), len(text) - len(last)
    if position > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
