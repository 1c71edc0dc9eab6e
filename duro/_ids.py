"""Ids and tokens that users pass to methods."""

from __future__ import annotations

import re
from typing import Final

from ._checks import describe_type
from .errors import InvalidArgumentError

__all__ = ["check_id", "is_plain"]

_CAPITAL: Final = re.compile(r"(?=[A-Z])")
# Ids in the form of the API, which need no other check.
_COMMON_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


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
        >>> check_id("id", " ")
        Traceback (most recent call last):
        duro.errors.InvalidArgumentError: id must be a valid id, got a blank string; pass the id that the API returned
    """
    kind = "token" if name == "token" else "id"
    if not isinstance(value, str):
        advice = _find_expression(name, value) or f"the {kind} that the API returned"
        raise InvalidArgumentError(f"{name} must be a string, got {describe_type(value)}; pass {advice}")
    if not is_plain(value) and (problem := _find_problem(value)):
        raise InvalidArgumentError(
            f"{name} must be a valid {kind}, got {problem}; pass the {kind} that the API returned"
        )
    return value


def is_plain(value: str) -> bool:
    """Return whether a string has only letters, digits, hyphens and underscores of ASCII, and at least one of them.

    Args:
        value: String that a user passed.
    """
    return _COMMON_ID.fullmatch(value) is not None


def _find_expression(name: str, value: object) -> str | None:
    """Return the expression of an object's id, such as ``plan.id``, if the object was passed instead of the id."""
    subject = name.removesuffix("_id")
    if _has_string(value, "id") and any(_variable(each).endswith(f"_{subject}") for each in type(value).__mro__):
        return f"{subject}.id"
    return f"{_variable(type(value))[1:]}.{name}" if _has_string(value, name) else None


def _has_string(value: object, name: str) -> bool:
    return isinstance(getattr(value, name, None), str)


def _variable(kind: type) -> str:
    """Return the name of a class as a variable with an underscore in front, such as ``_promo_code``."""
    return _CAPITAL.sub("_", kind.__name__).lower()


def _find_problem(value: str) -> str | None:
    if not value.strip():
        return "a blank string"
    if any(mark.isspace() for mark in value):
        return "a string with whitespace"
    if any("\ud800" <= mark <= "\udfff" for mark in value):
        return "a string with a lone surrogate"
    if value == "." or ".." in value or any(mark in "/\\?#%" or mark < " " or mark == "\x7f" for mark in value):
        return "a string with '/', '..' or another reserved character"
    return None
