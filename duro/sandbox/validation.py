"""Request bodies: declared as attrs classes, checked by the rules in their annotations.

    @frozen
    class PlanCreate:
        name: Text
        amount: PositiveInteger
        currency: Currency = "NGN"

A member without a default is required. Members that no class declares are
let pass, as the API does. A body is refused as a whole, and the refusal names
every field at fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import attrs
from attrs import NOTHING, AttrsInstance, frozen

from .._unset import UNSET
from .clock import timestamp
from .errors import ApiError

__all__ = [
    "LARGEST_INTEGER",
    "Currency",
    "Email",
    "Flag",
    "JSONMapping",
    "Moment",
    "PositiveInteger",
    "Rule",
    "SmallCount",
    "Text",
    "TrialDays",
    "Unfit",
    "given_members",
    "integer",
    "matching",
    "moment",
    "nullable",
    "one_of",
    "structure",
]

Rule: TypeAlias = Callable[[object], object]
Shape = TypeVar("Shape", bound=AttrsInstance)

# The largest integer that every JSON reader keeps exact.
LARGEST_INTEGER: Final = 2**53 - 1
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Unfit(ValueError):
    """A value breaks a rule; the message says what the rule expects."""


def _text(value: object) -> str:
    # A lone surrogate passes JSON, but can be neither stored nor sent.
    if not isinstance(value, str) or not value.strip() or any("\ud800" <= mark <= "\udfff" for mark in value):
        raise Unfit("expected non-empty string")
    return value


def matching(pattern: str, expected: str) -> Rule:
    """Make the rule that a value is a string of a certain form; digits are those of ASCII."""
    compiled = re.compile(pattern, re.ASCII)

    def rule(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(_text(value)):
            raise Unfit(f"expected {expected}")
        return value

    return rule


def integer(lowest: int, highest: int, expected: str) -> Rule:
    """Make the rule that a value is an integer within bounds."""

    def rule(value: object) -> int:
        # True and False are integers for Python, not for JSON.
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise Unfit(f"expected {expected}")
        return value

    return rule


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("expected boolean")
    return value


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Unfit("expected object")
    return cast("dict[str, object]", value)


def moment(value: object) -> str:
    """Check that a value is a moment with an offset, and write it as the API does."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return timestamp(datetime.fromisoformat(value.upper()).astimezone(UTC))
        except (ValueError, OverflowError):
            pass
    raise Unfit("expected date and time with an offset, such as 2026-06-28T09:00:00Z")


def nullable(rule: Rule) -> Rule:
    """Make the rule that a value is null or obeys another rule."""
    return lambda value: None if value is None else rule(value)


def one_of(*words: str) -> Rule:
    """Make the rule that a value is one of a few words."""

    def rule(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Unfit(f"expected one of {', '.join(words)}")
        return value

    return rule


Text: TypeAlias = Annotated[str, _text]
Email: TypeAlias = Annotated[str, matching(r"[^@\s]+@[^@\s]+", "e-mail address")]
Currency: TypeAlias = Annotated[str, matching(r"[A-Z]{3}", "currency code of three capital letters")]
Moment: TypeAlias = Annotated[str, moment]
Flag: TypeAlias = Annotated[bool, _flag]
JSONMapping: TypeAlias = Annotated[dict[str, Any], _mapping]
PositiveInteger: TypeAlias = Annotated[int, integer(1, LARGEST_INTEGER, "positive integer")]
SmallCount: TypeAlias = Annotated[int, integer(1, 1000, "integer from 1 to 1000")]
TrialDays: TypeAlias = Annotated[int, integer(0, 3650, "integer from 0 to 3650")]


@frozen
class _Member:
    name: str
    path: str
    rule: Rule
    required: bool


def structure(shape: type[Shape], body: object, spelling: Callable[[str], str] | None = None) -> Shape:
    """Check a body, and read it into a class.

    Args:
        shape: An attrs class whose annotations hold rules.
        body: What the JSON said.
        spelling: Makes the wire's name from an attribute's name; camelCase if left out.

    Returns:
        An instance; members that were left out have their defaults.

    Raises:
        ApiError: The body breaks a rule (422), with one detail for each field at fault.
    """
    if not isinstance(body, dict):
        raise ApiError(422, "The body is not a JSON object.", [{"path": "", "issue": "expected object"}])
    given = cast("dict[str, object]", body)
    values: dict[str, Any] = {}
    details: list[dict[str, str]] = []
    for member in _members(shape, spelling or camel_case):
        if member.path in given:
            try:
                values[member.name] = member.rule(given[member.path])
            except Unfit as unfit:
                details.append({"path": member.path, "issue": str(unfit)})
        elif member.required:
            details.append({"path": member.path, "issue": "required"})
    if details:
        raise ApiError(422, f"Not valid: {', '.join(detail['path'] for detail in details)}.", details)
    return shape(**values)


def given_members(value: AttrsInstance) -> dict[str, Any]:
    """List the members that have a value: a default counts, ``UNSET`` does not."""
    return attrs.asdict(value, recurse=False, filter=lambda _, member: member is not UNSET)


def camel_case(name: str) -> str:
    """Spell an attribute as the API does.

    Example:
        >>> camel_case("interval_count")
        'intervalCount'
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def _members(shape: type[AttrsInstance], spelling: Callable[[str], str]) -> tuple[_Member, ...]:
    annotations = get_type_hints(shape, include_extras=True)
    return tuple(
        _Member(
            name=attribute.name,
            path=spelling(attribute.name),
            rule=_rule_of(annotations[attribute.name]),
            required=attribute.default is NOTHING,
        )
        for attribute in attrs.fields(shape)
        if attribute.init
    )


def _rule_of(annotation: object) -> Rule:
    """Find the rule of an annotation, also where it is one side of ``Text | Unset``."""
    for candidate in (annotation, *get_args(annotation)):
        if get_origin(candidate) is Annotated:
            return cast("Rule", get_args(candidate)[1])
    raise TypeError(f"no rule stands in {annotation!r}")
