"""Reading JSON that nobody vouches for: strictly, and within limits."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["read_document"]

# Python itself stops at 1,000 or at 10,000, by its version; what it lets through no longer copies or pickles.
DEEPEST: Final = 64


def read_document(content: bytes) -> Any:
    """Read JSON as RFC 8259 has it.

    Args:
        content: The JSON, in UTF-8.

    Returns:
        The data, its numbers finite.

    Raises:
        ValueError: It is not JSON, or has more than 64 arrays and objects within each other.
    """
    try:
        document = _parse(content.decode())
    except RecursionError:
        document = _TOO_DEEP
    if document is _TOO_DEEP or _is_too_deep(document, content):
        raise ValueError(f"more than {DEEPEST} arrays and objects stand within each other")
    return document


def _is_too_deep(document: object, content: bytes) -> bool:
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return False
    layer: list[Any] = [document] if isinstance(document, dict | list) else []
    for _ in range(DEEPEST):
        layer = [child for parent in layer for child in _children(parent) if isinstance(child, dict | list)]
        if not layer:
            return False
    return True


def _children(parent: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return parent.values() if isinstance(parent, dict) else parent


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_TOO_DEEP: Final = object()
_parse = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant).decode
