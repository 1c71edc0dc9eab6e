"""Ids and tokens that users pass to methods."""

from __future__ import annotations

import re
from typing import Final

from ._checks import describe_type
from .errors import InvalidArgumentError

__all__ = ["check_id"]

_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def check_id(name: str, value: object) -> str:
    """Check that an argument is an id, or a token of the API.

    The rule is the same for the path, where other characters would change the request, and for the body.

    Args:
        name: Name of the argument, for the message.
        value: Value that the user passed.

    Returns:
        The id.

    Raises:
        InvalidArgumentError: The value is not a string, is blank, or contains a character that ids do not have.

    Example:
        >>> check_id("plan_id", " ")
        Traceback (most recent call last):
        duro.errors.InvalidArgumentError: plan_id must be an id, got a blank string; pass the id that the API returned
    """
    member = "token" if name == "token" else "id"
    if not isinstance(value, str):
        advice = _find_member(name, member, value) or f"the {member} that the API returned"
        raise InvalidArgumentError(f"{name} must be a string, got {describe_type(value)}; pass {advice}")
    if problem := _find_problem(value):
        kind = "a token" if member == "token" else "an id"
        raise InvalidArgumentError(f"{name} must be {kind}, got {problem}; pass the {member} that the API returned")
    return value


def _find_member(name: str, member: str, value: object) -> str | None:
    """Return the expression of an object's id, such as ``plan.id``, if the argument is for this kind of object."""
    variable = _WORD.sub("_", type(value).__name__).lower()
    is_expected = name in (member, f"{variable}_{member}")
    return f"{variable}.{member}" if is_expected and isinstance(getattr(value, member, None), str) else None


def _find_problem(value: str) -> str | None:
    if not value.strip():
        return "a blank string"
    if any(mark.isspace() for mark in value):
        return "a string with whitespace"
    if value == "." or ".." in value or any(mark in "/\\?#%" or mark < " " or mark == "\x7f" for mark in value):
        return "a string with '/', '..' or another reserved character"
    return None
