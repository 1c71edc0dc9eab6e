"""Argument checks: a value that breaks the contract is rejected before a request is sent.

The ``check_*`` functions with keyword arguments take values by their Python names.
They skip values that are ``UNSET``, and return all of them for the request body.
An error message names the argument and the fix. It contains no text of the
caller, because a secret may have been passed to the wrong argument.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from .._checks import check_integer
from .._secrets import Secret
from .._unset import UNSET, Unset
from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._json_types import JSONObject

__all__ = [
    "check_bools",
    "check_choice",
    "check_datetimes",
    "check_digits",
    "check_ids",
    "check_integers",
    "check_json_objects",
    "check_nullable",
    "check_page_position",
    "check_range",
    "check_secrets",
    "check_slugs",
    "check_strings",
    "require_any",
    "wrap_secrets",
]

MAX_PAGE_SIZE: Final = 100
_SLUG: Final = re.compile(r"[a-z0-9-]+")


def check_strings(**values: str | Unset) -> dict[str, object]:
    """Check that arguments are strings.

    Raises:
        InvalidArgumentError: One is not a string.
    """
    for name, value in values.items():
        if value is not UNSET and not isinstance(value, str):
            raise _type_error(name, value, "a string", "pass a str")
    return {**values}


def check_ids(**values: str | Unset) -> dict[str, object]:
    """Check that arguments are ids: strings that are not blank.

    Raises:
        InvalidArgumentError: One is not a string, or is blank.
    """
    advice = "pass the id that the API returned"
    for name, value in values.items():
        if value is not UNSET and not isinstance(value, str):
            raise _type_error(name, value, "a string", advice)
        if isinstance(value, str) and not value.strip():
            raise InvalidArgumentError(f"{name} must be an id, got a blank string; {advice}")
    return {**values}


def check_slugs(**values: str | Unset) -> dict[str, object]:
    """Check that arguments are slugs: lower-case letters, digits and hyphens.

    Raises:
        InvalidArgumentError: One is not a string, or has another character.
    """
    for name, value in check_strings(**values).items():
        if isinstance(value, str) and not _SLUG.fullmatch(value):
            raise InvalidArgumentError(
                f"{name} must be made of lower-case letters, digits and hyphens; replace all other characters"
            )
    return {**values}


def check_choice(name: str, value: object, *choices: str) -> None:
    """Check that an argument is one of several strings.

    Raises:
        InvalidArgumentError: It is not one of them.
    """
    if value not in choices:
        raise InvalidArgumentError(f"{name} must be {' or '.join(map(repr, choices))}; pass one of these strings")


def require_any(**values: object) -> None:
    """Check that at least one of several arguments is set.

    Raises:
        InvalidArgumentError: All of them are ``UNSET``.
    """
    if all(value is UNSET for value in values.values()):
        raise InvalidArgumentError(f"{' or '.join(values)} must be set, got neither; pass one of them")


def check_digits(name: str, value: object, count: int) -> None:
    """Check that an argument, wrapped as a secret or not, is a string of ASCII digits.

    Raises:
        InvalidArgumentError: It is not a string, or not of ``count`` digits.
    """
    text = value.reveal() if isinstance(value, Secret) else value
    is_valid = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) == count
    kind = type(text).__name__
    # A traceback with locals shows this frame.
    del text
    if not is_valid:
        received = "a different string" if kind == "str" else kind
        raise InvalidArgumentError(f"{name} must be a string of {count} digits, got {received}; check the number")


def wrap_secrets(**values: str | Unset) -> dict[str, object]:
    """Wrap strings, so that no frame or repr shows them.

    Callers do this first and delete their own names. It cannot fail, so no traceback shows the strings.
    """
    return {name: Secret(value) if isinstance(value, str) else value for name, value in values.items()}


def check_secrets(values: dict[str, object]) -> dict[str, object]:
    """Check that arguments, wrapped by ``wrap_secrets``, are strings that are not blank.

    Raises:
        InvalidArgumentError: One is not a string, or is blank.
    """
    advice = "pass the value that the customer received"
    for name, value in values.items():
        if isinstance(value, Secret):
            if not value.reveal().strip():
                raise InvalidArgumentError(f"{name} must not be blank; {advice}")
        elif value is not UNSET:
            raise _type_error(name, value, "a string", advice)
    return values


def check_integers(**values: int | Unset) -> dict[str, object]:
    """Check that arguments are integers. Amounts are integers too, because they count minor units.

    Raises:
        InvalidArgumentError: One is not an integer.
    """
    for name, value in values.items():
        check_range(name, value)
    return {**values}


def check_range(name: str, value: int | Unset, *, minimum: int | None = None, maximum: int | None = None) -> None:
    """Check that an argument is an integer within bounds. A bound that is ``None`` is not checked.

    Raises:
        InvalidArgumentError: It is not an integer, or out of bounds.
    """
    if not isinstance(value, Unset):
        advice = "pass an int in this range, without decimals and quotes"
        check_integer(name, value, minimum=minimum, maximum=maximum, advice=advice, error=InvalidArgumentError)


def check_bools(**values: bool | Unset) -> dict[str, object]:
    """Check that arguments are booleans.

    Raises:
        InvalidArgumentError: One is not a boolean.
    """
    for name, value in values.items():
        if value is not UNSET and not isinstance(value, bool):
            raise _type_error(name, value, "a boolean", "pass True or False")
    return {**values}


def check_datetimes(**values: date | Unset) -> dict[str, object]:
    """Check that arguments are timestamps. A date is converted to the start of that day in UTC.

    Raises:
        InvalidArgumentError: One is not a date, or a datetime without a time zone.
    """
    checked: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise InvalidArgumentError(f"{name} must have a time zone; pass for example datetime.now(UTC)")
            checked[name] = value
        elif isinstance(value, date):
            checked[name] = datetime.combine(value, time(), UTC)
        elif value is UNSET:
            checked[name] = value
        else:
            raise _type_error(name, value, "a date or a datetime", "pass for example datetime.now(UTC)")
    return checked


def check_json_objects(**values: JSONObject | Unset) -> dict[str, object]:
    """Check that arguments are JSON objects, and copy them.

    Raises:
        InvalidArgumentError: One is not a mapping, or contains a value without a JSON form. The message has its path.
    """
    checked: dict[str, object] = {}
    for name, value in values.items():
        if value is UNSET:
            checked[name] = value
        elif isinstance(value, Mapping):
            checked[name] = _copy_json(name, value)
        else:
            raise _type_error(name, value, "a mapping", "pass a dict of JSON values")
    return checked


def check_nullable(check: Callable[..., dict[str, object]], **values: object) -> dict[str, object]:
    """Check arguments that accept ``None`` too. ``None`` is sent as null."""
    checked = check(**{name: value for name, value in values.items() if value is not None})
    return {name: checked.get(name) for name in values}


def check_page_position(page_size: int | Unset, cursor: str | None) -> None:
    """Check the page size and the cursor of a list.

    Raises:
        InvalidArgumentError: One of them breaks the contract.
    """
    check_range("page_size", page_size, minimum=1, maximum=MAX_PAGE_SIZE)
    if cursor is not None and (not isinstance(cursor, str) or not cursor):
        received = "an empty string" if cursor == "" else type(cursor).__name__
        raise InvalidArgumentError(
            f"cursor must be a string or None, got {received}; pass the next_cursor of a page, or None for the first"
        )


def _type_error(name: str, value: object, expected: str, advice: str) -> InvalidArgumentError:
    # Only the type: the value may be a secret that was passed to the wrong argument.
    hint = ", or leave the argument out" if value is None else ""
    return InvalidArgumentError(f"{name} must be {expected}, got {type(value).__name__}; {advice}{hint}")


def _copy_json(path: str, value: object) -> Any:
    """Copy a JSON value. Unlike ``json.dumps``, reject keys that are not strings instead of converting them."""
    problem: InvalidArgumentError
    try:
        return _copy_value(path, value)
    except RecursionError:
        problem = InvalidArgumentError(
            f"{path} must not be nested too deeply or contain itself; pass plain JSON values"
        )
    raise problem


def _copy_value(path: str, value: object) -> Any:
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        if invalid := [name for name in members if not isinstance(name, str)]:
            kind = type(invalid[0]).__name__
            raise InvalidArgumentError(f"{path} must have string keys, got {kind}; JSON does not support other keys")
        return {name: _copy_value(f"{path}.{name}", member) for name, member in members.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_copy_value(f"{path}[{index}]", item) for index, item in enumerate(cast("Sequence[object]", value))]
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidArgumentError(f"{path} must be a finite number, got {value}; JSON does not support it")
    if isinstance(value, datetime) and value.tzinfo is None:
        # Without a time zone, each reader of the JSON would assume its own.
        raise InvalidArgumentError(f"{path} must have a time zone to be JSON; pass for example datetime.now(UTC)")
    if value is None or isinstance(value, bool | int | float | str | date | Enum):
        return value
    raise _type_error(path, value, "a JSON value", "pass strings, numbers, booleans, lists or mappings")
