"""Argument checks: a value that breaks the contract is rejected before a request is sent.

The ``check_*`` functions with keyword arguments take values by their Python names.
They return these values for the request body. All values are required.
``check_optional`` and ``check_nullable`` apply a check to arguments that may be left out.
An error message names the argument and the fix. It contains no text of the
caller, because a secret may have been passed to the wrong argument.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from .._checks import check_integer, describe_type
from .._ids import check_id
from .._secrets import Secret
from .._unset import UNSET, Unset
from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .codec import OpenEnum

__all__ = [
    "check_amounts",
    "check_bools",
    "check_choice",
    "check_datetimes",
    "check_digits",
    "check_ids",
    "check_integers",
    "check_nullable",
    "check_open_enum",
    "check_optional",
    "check_page_position",
    "check_range",
    "check_secrets",
    "check_slugs",
    "check_strings",
    "require_any",
    "type_error",
    "wrap_secrets",
]

MAX_PAGE_SIZE: Final = 100
_SLUG: Final = re.compile(r"[a-z0-9-]+")


def check_optional(check: Callable[..., dict[str, object]], /, **values: object) -> dict[str, object]:
    """Check optional arguments. ``None`` and ``UNSET`` are left out.

    Args:
        check: Check of the arguments that are passed, such as ``check_strings``.
        **values: Arguments.

    Returns:
        The arguments that are passed.
    """
    return check(**{name: value for name, value in values.items() if value is not None and value is not UNSET})


def check_nullable(check: Callable[..., dict[str, object]], /, **values: object) -> dict[str, object]:
    """Check optional arguments that the API accepts as null. Only ``UNSET`` is left out.

    Args:
        check: Check of the arguments that are not ``None``, such as ``check_integers``.
        **values: Arguments.

    Returns:
        The arguments that are passed. ``None`` is sent as null.
    """
    passed = {name: value for name, value in values.items() if value is not UNSET}
    checked = check(**{name: value for name, value in passed.items() if value is not None})
    return {**passed, **checked}


def check_strings(**values: str) -> dict[str, object]:
    """Check that arguments are strings.

    Raises:
        InvalidArgumentError: One is not a string.
    """
    for name, value in values.items():
        if not isinstance(value, str):
            raise type_error(name, value, "a string", "pass a str")
    return {**values}


def check_open_enum(kind: type[OpenEnum], /, **values: str) -> dict[str, object]:
    """Check that arguments are strings, members of an open enum or not. The API may know more values.

    Raises:
        InvalidArgumentError: One is not a string. The message lists the members.
    """
    *others, last = (repr(member.value) for member in kind)
    for name, value in values.items():
        if not isinstance(value, str):
            members = f"{', '.join(others)} or {last}" if others else last
            raise type_error(name, value, "a string", f"pass {members}")
    return {**values}


def check_ids(**values: str) -> dict[str, object]:
    """Check that arguments are ids.

    Raises:
        InvalidArgumentError: One is not an id.
    """
    return {name: check_id(name, value) for name, value in values.items()}


def check_slugs(**values: str) -> dict[str, object]:
    """Check that arguments are slugs: lower-case letters, digits and hyphens.

    Raises:
        InvalidArgumentError: One is not a string, or has another character.
    """
    for name, value in check_strings(**values).items():
        if isinstance(value, str) and not _SLUG.fullmatch(value):
            raise InvalidArgumentError(
                f"{name} must consist of lower-case letters, digits and hyphens, got other characters or none; "
                "pass for example 'pro-monthly'"
            )
    return {**values}


def check_choice(name: str, value: object, *choices: str) -> None:
    """Check that an argument is one of several strings.

    Raises:
        InvalidArgumentError: It is not one of them.
    """
    if value not in choices:
        received = "another string" if isinstance(value, str) else describe_type(value)
        expected = " or ".join(map(repr, choices))
        raise InvalidArgumentError(f"{name} must be {expected}, got {received}; pass one of these strings")


def require_any(body: Mapping[str, object], *names: str) -> None:
    """Check that a request body contains at least one of several arguments.

    Raises:
        InvalidArgumentError: All of them are left out.
    """
    if body.keys().isdisjoint(names):
        raise InvalidArgumentError(f"{' or '.join(names)} must be set, got neither; pass one of them")


def check_digits(name: str, value: object, count: int) -> None:
    """Check that an argument, wrapped as a secret or not, is a string of ASCII digits.

    Raises:
        InvalidArgumentError: It is not a string, or not of ``count`` digits.
    """
    text = value.reveal() if isinstance(value, Secret) else value
    is_valid = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) == count
    received = "another string" if isinstance(text, str) else describe_type(text)
    # A traceback with locals shows this frame.
    del text
    if not is_valid:
        raise InvalidArgumentError(
            f"{name} must be a string of {count} digits, got {received}; pass a str of all digits"
        )


def wrap_secrets(**values: str | Unset | None) -> dict[str, object]:
    """Wrap strings, so that no frame or repr shows them.

    Callers do this first and delete their own names. It cannot fail, so no traceback shows the strings.
    """
    return {name: Secret(value) if isinstance(value, str) else value for name, value in values.items()}


def check_secrets(**values: object) -> dict[str, object]:
    """Check that arguments, wrapped by ``wrap_secrets``, are strings that are not blank.

    Raises:
        InvalidArgumentError: One is not a string, or is blank.
    """
    advice = "pass the value that the customer received"
    for name, value in values.items():
        if isinstance(value, Secret):
            if not value.reveal().strip():
                raise InvalidArgumentError(f"{name} must not be blank; {advice}")
        else:
            raise type_error(name, value, "a string", "pass a str, which keeps leading zeros")
    return values


def check_integers(**values: int) -> dict[str, object]:
    """Check that arguments are integers.

    Raises:
        InvalidArgumentError: One is not an integer.
    """
    for name, value in values.items():
        check_range(name, value, advice="pass an int without decimals and quotes")
    return {**values}


def check_amounts(**values: int) -> dict[str, object]:
    """Check that arguments are amounts: integers of minor units.

    Raises:
        InvalidArgumentError: One is not an integer.
    """
    for name, value in values.items():
        check_range(name, value, advice="pass an int of minor units, such as 500_000 kobo for 5,000 naira")
    return {**values}


def check_range(
    name: str,
    value: int,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    advice: str = "pass an int in this range",
) -> None:
    """Check that an argument is an integer within bounds. A bound that is ``None`` is not checked.

    Raises:
        InvalidArgumentError: It is not an integer, or out of bounds.
    """
    check_integer(name, value, minimum=minimum, maximum=maximum, advice=advice, error=InvalidArgumentError)


def check_bools(**values: bool) -> dict[str, object]:
    """Check that arguments are booleans.

    Raises:
        InvalidArgumentError: One is not a boolean.
    """
    for name, value in values.items():
        if not isinstance(value, bool):
            raise type_error(name, value, "a boolean", "pass True or False")
    return {**values}


def check_datetimes(**values: date) -> dict[str, object]:
    """Check that arguments are timestamps. A date is converted to the start of that day in UTC.

    Raises:
        InvalidArgumentError: One is not a date, or a datetime without a time zone.
    """
    advice = "pass for example datetime(2030, 12, 31, tzinfo=UTC)"
    checked: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise InvalidArgumentError(f"{name} must have a time zone, got a datetime without one; {advice}")
            checked[name] = value
        elif isinstance(value, date):
            checked[name] = datetime.combine(value, time(), UTC)
        else:
            raise type_error(name, value, "a date or a datetime", advice)
    return checked


def check_page_position(page_size: int | Unset | None, cursor: str | Unset | None) -> tuple[int | Unset, str | Unset]:
    """Check the page size and the cursor of a list.

    Returns:
        Both, ``UNSET`` if they are left out.

    Raises:
        InvalidArgumentError: One of them breaks the contract.
    """
    size = UNSET if page_size is None else page_size
    if not isinstance(size, Unset):
        check_range("page_size", size, minimum=1, maximum=MAX_PAGE_SIZE)
    position = UNSET if cursor is None else cursor
    if position is not UNSET and (not isinstance(position, str) or not position):
        received = "an empty string" if position == "" else describe_type(position)
        raise InvalidArgumentError(
            f"cursor must be a string or None, got {received}; pass the next_cursor of a page, or None for the first"
        )
    return size, position


def type_error(name: str, value: object, expected: str, advice: str) -> InvalidArgumentError:
    """Create the error for an argument of a wrong type. The value may be a secret, and is not shown."""
    return InvalidArgumentError(f"{name} must be {expected}, got {describe_type(value)}; {advice}")
