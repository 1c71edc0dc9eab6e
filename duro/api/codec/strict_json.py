"""Strict JSON parser for untrusted input: RFC 8259 only, limited depth, finite numbers."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_DEPTH", "parse_json"]

# Python's own limit is 1,000 or 10,000 levels, by version. Data near that limit can no longer be copied or pickled.
MAX_DEPTH: Final = 64

CONTAINERS: Final = (dict, list)


def parse_json(content: bytes) -> Any:
    """Parse JSON as defined by RFC 8259.

    Args:
        content: JSON, encoded in UTF-8.

    Returns:
        The data. All numbers are finite.

    Raises:
        ValueError: The content is not JSON, or is nested more than 64 levels deep.
    """
    try:
        document = _parse(content.decode())
    except RecursionError:
        document = _TOO_DEEP
    if document is _TOO_DEEP or _is_too_deep(document, content):
        raise ValueError(f"arrays and objects are nested more than {MAX_DEPTH} levels deep")
    return document


def _is_too_deep(document: object, content: bytes) -> bool:
    # The number of brackets limits the depth. Strings may contain brackets too.
    brackets = content.count(b"[") + content.count(b"{")
    level: list[Any] = [document] if isinstance(document, CONTAINERS) else []
    for depth in range(MAX_DEPTH):
        brackets -= len(level)
        # Most documents end here at the first levels, with most of their values unseen.
        if not level or brackets <= MAX_DEPTH - depth - 1:
            return False
        level = [child for parent in level for child in _children(parent) if isinstance(child, CONTAINERS)]
    return bool(level)


def _children(parent: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return parent.values() if isinstance(parent, dict) else parent


def _parse_finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large for a float")
    return number


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_TOO_DEEP: Final = object()
_parse = json.JSONDecoder(parse_float=_parse_finite, parse_constant=_reject_constant).decode
