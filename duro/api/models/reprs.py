"""Representations of the attributes of models: secrets are cut or hidden, and long tuples are shortened."""

from __future__ import annotations

from typing import Final

from ...errors import redact

__all__ = ["hide", "mask", "shorten"]

MAX_SHOWN_ITEMS: Final = 3


def mask(value: object) -> str:
    """Return the repr of a value, with secrets of a known form cut to their prefix."""
    return redact(repr(value))


def hide(_value: object) -> str:
    """Return a placeholder for a secret whose form is unknown."""
    return "…"


def shorten(items: tuple[object, ...]) -> str:
    """Return the repr of a tuple, with at most three of its items."""
    shown, hidden = items[:MAX_SHOWN_ITEMS], len(items) - MAX_SHOWN_ITEMS
    return f"({', '.join(map(repr, shown))}, … {hidden} more)" if hidden > 0 else repr(items)
