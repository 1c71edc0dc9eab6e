"""JSON as text for a terminal or a pipe."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["format_json", "format_line"]


def format_json(document: Any, *, encoding: str) -> str:
    """Return JSON for a terminal: indented, letters unescaped, control characters escaped.

    Args:
        document: JSON document.
        encoding: Encoding of the output. Any encoding but UTF gets ASCII only.

    Returns:
        The same JSON document as text.

    Example:
        >>> print(format_json({"name": "Adé"}, encoding="utf-8"))
        {
          "name": "Adé"
        }
    """
    return _escape(json.dumps(document, indent=2, ensure_ascii=not _is_unicode(encoding)))


def format_line(document: Any, *, encoding: str) -> str:
    """Return JSON on one line, for programs.

    Args:
        document: JSON document.
        encoding: Encoding of the output. Any encoding but UTF gets ASCII only.

    Returns:
        The same JSON document as text.

    Example:
        >>> format_line({"name": "Adé", "active": True}, encoding="utf-8")
        '{"name": "Adé", "active": true}'
    """
    return _escape(json.dumps(document, ensure_ascii=not _is_unicode(encoding)))


def _is_unicode(encoding: str) -> bool:
    return encoding.lower().startswith("utf")


def _escape(text: str) -> str:
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1] for character in text
    )
