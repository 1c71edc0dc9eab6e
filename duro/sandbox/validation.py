"""Validation of request bodies, declared as attrs classes with rules in their annotations.

    @frozen
    class PlanCreate:
        name: Text
        amount: PositiveInteger
        currency: Currency = "NGN"

A member without a default is required. Undeclared members are ignored, as the
API does. A body is accepted or refused as a whole. The error lists every
invalid field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any, Final, NoReturn, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import attrs
from attrs import NOTHING, AttrsInstance, frozen

from .._checks import is_integer
from .._json_types import camel_case
from .._unset import UNSET
from ..errors import redact
from .clock import timestamp
from .errors import ApiError

__all__ = [
    "MAX_INTEGER",
    "Currency",
    "Email",
    "Flag",
    "InvalidValueError",
    "JSONMapping",
    "NullableText",
    "PositiveInteger",
    "Rule",
    "SmallCount",
    "Text",
    "Timestamp",
    "TrialDays",
    "check_timestamp",
    "find_unknown",
    "has_surrogate",
    "integer",
    "invalid_field",
    "matching",
    "nullable",
    "one_of",
    "parse_json",
    "set_members",
    "structure",
]

Rule: TypeAlias = Callable[[object], object]
Shape = TypeVar("Shape", bound=AttrsInstance)

# The largest integer that every JSON parser reads exactly.
MAX_INTEGER: Final = 2**53 - 1
MAX_UNKNOWN_MEMBERS: Final = 10
MAX_NAME_CHARACTERS: Final = 50
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class InvalidValueError(ValueError):
    """A value breaks a rule. The message states what the rule expects."""


def _check_text(value: object) -> str:
    # JSON can escape a lone surrogate, but UTF-8 cannot encode it, so it could be neither stored nor sent.
    if not isinstance(value, str) or not value.strip() or has_surrogate(value):
        raise InvalidValueError("expected non-empty string")
    return value


def has_surrogate(text: str) -> bool:
    """Return whether a text contains a lone surrogate, which can be neither stored nor sent.

    Args:
        text: Text of a user or a request.
    """
    return _SURROGATE.search(text) is not None


def matching(pattern: str, expected: str) -> Rule:
    r"""Create a rule for strings that match a pattern.

    Args:
        pattern: Regular expression for the whole string. ``\d`` matches ASCII digits only.
        expected: Noun phrase for the error message.
    """
    compiled = re.compile(pattern, re.ASCII)

    def rule(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(_check_text(value)):
            raise InvalidValueError(f"expected {expected}")
        return value

    return rule


def integer(lowest: int, highest: int, expected: str) -> Rule:
    """Create a rule for integers within bounds. In JSON, ``500.0`` is the integer 500.

    Args:
        lowest: Smallest valid value.
        highest: Largest valid value.
        expected: Noun phrase for the error message.
    """

    def rule(value: object) -> int:
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if not is_integer(number) or not lowest <= number <= highest:
            raise InvalidValueError(f"expected {expected}")
        return number

    return rule


def _check_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValueError("expected boolean")
    return value


def _check_mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidValueError("expected object")
    return cast("dict[str, object]", value)


def check_timestamp(value: object) -> str:
    """Check a date and time with an offset.

    Returns:
        The same instant in the API's format, in UTC.

    Raises:
        InvalidValueError: The value is not such a string.
    """
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        try:
            return timestamp(datetime.fromisoformat(value.upper()).astimezone(UTC))
        except (ValueError, OverflowError):
            pass
    raise InvalidValueError("expected date and time with an offset, such as 2026-06-28T09:00:00Z")


def nullable(rule: Rule) -> Rule:
    """Create a rule that also accepts null.

    Args:
        rule: Rule for all other values.
    """
    return lambda value: None if value is None else rule(value)


def one_of(*words: str) -> Rule:
    """Create a rule for strings of a fixed set.

    Args:
        *words: Valid values.
    """

    def rule(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise InvalidValueError(f"expected one of {', '.join(words)}")
        return value

    return rule


Text: TypeAlias = Annotated[str, _check_text]
NullableText: TypeAlias = Annotated[str | None, nullable(_check_text)]
Email: TypeAlias = Annotated[str, matching(r"[^@\s]+@[^@\s]+", "e-mail address")]
Currency: TypeAlias = Annotated[str, matching(r"[A-Z]{3}", "currency code of three capital letters")]
Timestamp: TypeAlias = Annotated[str, check_timestamp]
Flag: TypeAlias = Annotated[bool, _check_flag]
JSONMapping: TypeAlias = Annotated[dict[str, Any], _check_mapping]
PositiveInteger: TypeAlias = Annotated[int, integer(1, MAX_INTEGER, "positive integer")]
SmallCount: TypeAlias = Annotated[int, integer(1, 1000, "integer from 1 to 1000")]
TrialDays: TypeAlias = Annotated[int, integer(0, 3650, "integer from 0 to 3650")]


@frozen
class _Member:
    name: str
    path: str
    rule: Rule
    required: bool


def parse_json(raw: bytes) -> object:
    """Parse a body strictly. An empty body counts as an empty object.

    Args:
        raw: Body of a request.

    Raises:
        ApiError: The body is not JSON (400).
    """
    try:
        return json.loads(raw or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not valid JSON.") from None


def structure(
    shape: type[Shape],
    body: object,
    spelling: Callable[[str], str] | None = None,
    *,
    allow_unknown: bool = True,
) -> Shape:
    """Validate a body and convert it to a class.

    Args:
        shape: attrs class with rules in its annotations.
        body: Decoded JSON.
        spelling: Function from an attribute name to the member's name. The default is camelCase.
        allow_unknown: Whether undeclared members are ignored. Otherwise they are invalid.

    Returns:
        An instance. Omitted members have their defaults.

    Raises:
        ApiError: The body breaks a rule (422). ``details`` lists each invalid field.
    """
    if not isinstance(body, dict):
        raise ApiError(422, "The body must be a JSON object.", [{"path": "", "issue": "expected object"}])
    given = cast("dict[str, object]", body)
    values: dict[str, Any] = {}
    members = _members(shape, spelling or camel_case)
    details = [] if allow_unknown else find_unknown(given, [member.path for member in members])
    for member in members:
        if member.path in given:
            try:
                values[member.name] = member.rule(given[member.path])
            except InvalidValueError as error:
                details.append({"path": member.path, "issue": str(error)})
        elif member.required:
            details.append({"path": member.path, "issue": "required"})
    if details:
        raise ApiError(422, f"Not valid: {', '.join(detail['path'] for detail in details)}.", details)
    return shape(**values)


def find_unknown(given: Iterable[str], allowed: Iterable[str]) -> list[dict[str, str]]:
    """Return the details of undeclared members, at most 10.

    Args:
        given: Names in the body.
        allowed: Names of the declared members.
    """
    names = sorted(allowed)
    expected = f"one of {', '.join(names)}" if names else "an empty object"
    unknown = islice((name for name in given if name not in names), MAX_UNKNOWN_MEMBERS)
    return [{"path": _show_name(name), "issue": f"unknown member; expected {expected}"} for name in unknown]


def _show_name(name: str) -> str:
    # A misplaced value can be a secret, very long, or impossible to encode.
    return redact(name).encode(errors="replace").decode()[:MAX_NAME_CHARACTERS]


def set_members(value: AttrsInstance) -> dict[str, Any]:
    """Return the members that have a value, by attribute name. Defaults count, ``UNSET`` does not."""
    return attrs.asdict(value, recurse=False, filter=lambda _, member: member is not UNSET)


def invalid_field(path: str, issue: str) -> ApiError:
    """Create the error for a single invalid field (422).

    Args:
        path: Path of the field.
        issue: Expected value.
    """
    return ApiError(422, f"Not valid: {path}.", [{"path": path, "issue": issue}])


def _refuse_constant(name: str) -> NoReturn:
    # Python would accept NaN and Infinity, which are not JSON.
    raise ValueError(name)


@cache
def _members(shape: type[AttrsInstance], spelling: Callable[[str], str]) -> tuple[_Member, ...]:
    annotations = get_type_hints(shape, include_extras=True)
    return tuple(
        _Member(
            name=attribute.name,
            path=spelling(attribute.name),
            rule=_find_rule(annotations[attribute.name]),
            required=attribute.default is NOTHING,
        )
        for attribute in attrs.fields(shape)
        if attribute.init
    )


def _find_rule(annotation: object) -> Rule:
    """Return the rule of an annotation, also inside a union such as ``Text | Unset``."""
    for candidate in (annotation, *get_args(annotation)):
        if get_origin(candidate) is Annotated:
            return cast("Rule", get_args(candidate)[1])
    raise TypeError(f"annotation must contain a rule, got {annotation!r}; use a type of this module")
