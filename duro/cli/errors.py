"""Errors of commands: one line for people, or one JSON object for programs, on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from .._json_types import camel_case
from .json_text import format_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["print_error", "wants_json"]

_ATTRIBUTES: Final = ("status", "code", "request_id", "idempotency_key", "retry_after")


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether the arguments contain ``--json``.

    The words are searched, because an error can concern the arguments themselves.
    """
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def print_error(message: str, error: BaseException | None = None, *, as_json: bool = False) -> None:
    """Print an error.

    Args:
        message: Text, which may quote text from outside.
        error: Error with further attributes, ``None`` for a warning.
        as_json: Whether to print JSON.
    """
    # As one line, without control characters.
    line = "".join(character if character.isprintable() else "?" for character in " ".join(message.split()))
    if as_json:
        line = format_line(_to_json(line, error), encoding=sys.stderr.encoding)
    print(line if as_json else f"duro: {line}", file=sys.stderr)


def _to_json(message: str, error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {"warning": {"message": message}}
    members: dict[str, Any] = {"type": type(error).__name__, "message": message}
    for name in _ATTRIBUTES:
        if (value := getattr(error, name, None)) is not None:
            members[camel_case(name)] = value
    if details := getattr(error, "details", ()):
        members["details"] = [{"path": detail.path, "issue": detail.issue} for detail in details]
    return {"error": members}
