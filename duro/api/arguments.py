"""Checks of the arguments of a call: nothing that breaks the contract is sent.

Each check takes arguments by their Python names, leaves those that are
``UNSET`` alone, and gives all of them back for the body; an error names the
argument and says what to do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from .._secrets import Secret
from .._unset import UNSET, Unset
from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._json import JSONObject

__all__ = [
    "check_bools",
    "check_choice",
    "check_datetimes",
    "check_digits",
    "check_ids",
    "check_integers",
    "check_json_objects",
    "check_page_position",
    "check_range",
    "check_secrets",
    "check_slugs",
    "check_strings",
    "nullable",
    "require_any",
    "wrap_secrets",
]

MOST_ITEMS: Final = 100
_SLUG: Final = re.compile(r"[a-z0-9-]+")


def check_strings(**given: str | Unset) -> dict[str, object]:
    """Check that arguments are text.

    Raises:
        InvalidArgumentError: One is not.
    """
    for name, value in given.items():
        if value is not UNSET and not isinstance(value, str):
            raise _unfit(name, value, "text")
    return {**given}


def check_ids(**given: str | Unset) -> dict[str, object]:
    """Check that arguments are ids, as the API answered them.

    Raises:
        InvalidArgumentError: One is no text, or empty.
    """
    for name, value in check_strings(**given).items():
        if isinstance(value, str) and not value.strip():
            raise InvalidArgumentError(f"{name} is empty; give the id that the API answered")
    return {**given}


def check_slugs(**given: str | Unset) -> dict[str, object]:
    """Check that arguments can stand in an address: lower-case letters, digits and hyphens.

    Raises:
        InvalidArgumentError: One is no text, or has another character.
    """
    for name, value in check_strings(**given).items():
        if isinstance(value, str) and not _SLUG.fullmatch(value):
            raise InvalidArgumentError(f"{name} is {value!r}; give lower-case letters, digits and hyphens")
    return {**given}


def check_choice(name: str, value: object, *words: str) -> None:
    """Check that an argument is one of a few words.

    Raises:
        InvalidArgumentError: It is not.
    """
    if value not in words:
        raise InvalidArgumentError(f"{name} has to be {' or '.join(map(repr, words))}")


def require_any(**given: object) -> None:
    """Check that at least one of several arguments was given.

    Raises:
        InvalidArgumentError: None was.
    """
    if all(value is UNSET for value in given.values()):
        raise InvalidArgumentError(f"give {' or '.join(f'{name}=' for name in given)}")


def check_digits(name: str, value: object, count: int) -> None:
    """Check that an argument, wrapped or not, is a number of digits.

    Raises:
        InvalidArgumentError: It is not.
    """
    text = value.reveal() if isinstance(value, Secret) else value
    fits = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) == count
    del text
    if not fits:
        raise InvalidArgumentError(f"{name} has to be {count} digits")


def wrap_secrets(**given: str | Unset) -> dict[str, object]:
    """Wrap texts so that no frame or repr shows them; this comes first, for it cannot fail."""
    return {name: Secret(value) if isinstance(value, str) else value for name, value in given.items()}


def check_secrets(given: dict[str, object]) -> dict[str, object]:
    """Check that arguments, wrapped by :func:`wrap_secrets`, are text.

    Raises:
        InvalidArgumentError: One is no text, or empty.
    """
    for name, value in given.items():
        if isinstance(value, Secret):
            if not value.reveal().strip():
                raise InvalidArgumentError(f"{name} is empty; give what the customer was sent")
        elif value is not UNSET:
            raise _unfit(name, value, "text")
    return given


def check_integers(**given: int | Unset) -> dict[str, object]:
    """Check that arguments are whole numbers.

    Raises:
        InvalidArgumentError: One is not; amounts of money have no decimals, since they count minor units.
    """
    for name, value in given.items():
        if value is not UNSET and (isinstance(value, bool) or not isinstance(value, int)):
            raise _unfit(name, value, "a whole number")
    return {**given}


def check_range(name: str, value: int | Unset, *, least: int | None = None, most: int | None = None) -> None:
    """Check that a whole number stands within bounds.

    Raises:
        InvalidArgumentError: It does not.
    """
    if isinstance(value, Unset):
        return
    if (least is not None and value < least) or (most is not None and value > most):
        bounds = [f"{word} {bound}" for word, bound in (("at least", least), ("at most", most)) if bound is not None]
        raise InvalidArgumentError(f"{name} is {value}; give {' and '.join(bounds)}")


def check_bools(**given: bool | Unset) -> dict[str, object]:
    """Check that arguments are true or false.

    Raises:
        InvalidArgumentError: One is not.
    """
    for name, value in given.items():
        if value is not UNSET and not isinstance(value, bool):
            raise _unfit(name, value, "True or False")
    return {**given}


def check_datetimes(**given: date | Unset) -> dict[str, object]:
    """Check that arguments are moments; a date without a time stands for its first moment, in UTC.

    Raises:
        InvalidArgumentError: One is neither, or a datetime without a time zone.
    """
    checked: dict[str, object] = {}
    for name, value in given.items():
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise InvalidArgumentError(f"{name} has no time zone; give it one, as in datetime.now(UTC)")
            checked[name] = value
        elif isinstance(value, date):
            checked[name] = datetime.combine(value, time(), UTC)
        elif value is UNSET:
            checked[name] = value
        else:
            raise _unfit(name, value, "a datetime with a time zone, or a date")
    return checked


def check_json_objects(**given: JSONObject | Unset) -> dict[str, object]:
    """Check that arguments are JSON objects, and copy them.

    Raises:
        InvalidArgumentError: One is no mapping, or holds what JSON has not; says where.
    """
    checked: dict[str, object] = {}
    for name, value in given.items():
        if value is UNSET:
            checked[name] = value
        elif isinstance(value, Mapping):
            checked[name] = _json_copy(name, value)
        else:
            raise _unfit(name, value, "a mapping of names to JSON values")
    return checked


def nullable(check: Callable[..., dict[str, object]], **given: object) -> dict[str, object]:
    """Let arguments be ``None``, which sends null, and check the others."""
    checked = check(**{name: value for name, value in given.items() if value is not None})
    return {name: checked.get(name) for name in given}


def check_page_position(limit: int | Unset, cursor: str | None) -> None:
    """Check how many items a page is to have, and where it is to begin.

    Raises:
        InvalidArgumentError: One of them breaks the contract.
    """
    if not isinstance(limit, Unset) and (
        isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_ITEMS
    ):
        raise InvalidArgumentError(f"limit is {limit!r}; give the items of a page, 1 to {MOST_ITEMS}")
    if cursor is not None and (not isinstance(cursor, str) or not cursor):
        raise InvalidArgumentError("cursor has to be the next_cursor of a page, or None for the first page")


def _unfit(name: str, value: object, wanted: str) -> InvalidArgumentError:
    # Never the value: whoever mixes arguments up may have put a secret here.
    hint = ", or leave it out" if value is None else ""
    return InvalidArgumentError(f"{name} is of type {type(value).__name__}; give {wanted}{hint}")


def _json_copy(path: str, value: object) -> Any:
    """Copy JSON; Python's own encoder would turn a number among the names into text, and say nothing."""
    issue: InvalidArgumentError
    try:
        return _copied(path, value)
    except RecursionError:
        issue = InvalidArgumentError(f"{path} is nested too deeply, or holds itself; give plain JSON")
    raise issue


def _copied(path: str, value: object) -> Any:
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        if odd := [name for name in members if not isinstance(name, str)]:
            raise InvalidArgumentError(f"{path} has a name of type {type(odd[0]).__name__}; names in JSON are text")
        return {name: _copied(f"{path}.{name}", member) for name, member in members.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_copied(f"{path}[{index}]", item) for index, item in enumerate(cast("Sequence[object]", value))]
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidArgumentError(f"{path} is {value}, which JSON has not")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidArgumentError(
            f"{path} is a datetime without a time zone, which as JSON would mean another moment to each reader; "
            "give it one, as in datetime.now(UTC)"
        )
    if value is None or isinstance(value, bool | int | float | str | date | Enum):
        return value
    raise InvalidArgumentError(f"{path} is of type {type(value).__name__}, which JSON has not; give text or numbers")
