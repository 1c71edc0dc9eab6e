"""Building of faults: validated from arguments or from a request body, with every mistake reported at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final, TypeVar, cast

from attrs import AttrsInstance, fields_dict, frozen

from ..._checks import is_integer, is_number
from ..._json_types import camel_case
from ...api.models.event_data import EventType
from ..errors import ApiError
from ..validation import InvalidValueError, find_unknown, invalid_field, one_of, structure
from .fault import DELIVERY_MATCH, MATCH, REQUEST_MATCH, Fault
from .kinds import KINDS, FaultKind, applies_to_deliveries
from .path_pattern import is_control_path

__all__ = ["build_fault", "parse_fault"]

Shape = TypeVar("Shape", bound=AttrsInstance)

_OPTIONS: Final = tuple(dict.fromkeys(name for kind in KINDS.values() for name in fields_dict(kind)))


def _check_method(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]+", value):
        raise InvalidValueError("expected HTTP method")
    return value.upper()


def _check_path(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("/") or re.search(r"[?#\s]", value):
        raise InvalidValueError("expected path that begins with a slash, without a query")
    if "**" in value:
        raise InvalidValueError("expected one '*' at most in a row; it does not match more than one segment")
    if re.search(r"[{}]", re.sub(r"(?<=/)\{\w+\}(?=/|$)", "", value)):
        raise InvalidValueError("expected a parameter such as {id} to be a whole segment")
    if is_control_path(value):
        raise InvalidValueError("expected path of the API; faults do not apply to the control routes")
    return value


def _check_event(value: object) -> str:
    if not isinstance(value, str) or not EventType(value).is_known:
        raise InvalidValueError("expected event type such as subscription_created")
    return value


def _check_probability(value: object) -> float:
    if not is_number(value) or not 0 < value <= 1:
        raise InvalidValueError("expected number above 0 and up to 1")
    return value


def _check_times(value: object) -> int | None:
    if value is not None and (not is_integer(value) or value < 1):
        raise InvalidValueError("expected positive integer, or null for no limit")
    return value


@frozen
class _Rule:
    kind: Annotated[FaultKind, one_of(*KINDS)]
    method: Annotated[str | None, _check_method] = None
    path: Annotated[str | None, _check_path] = None
    event: Annotated[str | None, _check_event] = None
    times: Annotated[int | None, _check_times] = 1
    probability: Annotated[float, _check_probability] = 1.0


def parse_fault(body: object) -> Fault:
    """Parse the body of ``POST /_sandbox/faults``.

    Raises:
        ApiError: The body is not a valid fault (422).
    """
    if not isinstance(body, dict):
        raise ApiError(422, "The body must be a JSON object.", [{"path": "", "issue": "expected object"}])
    members = dict(cast("dict[str, object]", body))
    match = members.pop("match", {})
    if not isinstance(match, dict):
        raise invalid_field("match", "expected object")
    matched = cast("dict[str, object]", match).items()
    members |= {f"match.{name}": value for name, value in matched if value is not None}
    return build_fault(members, spelling=_json_name)


def _json_name(name: str) -> str:
    return f"match.{name}" if name in MATCH else camel_case(name)


def build_fault(members: Mapping[str, object], *, spelling: Callable[[str], str]) -> Fault:
    """Build a fault, or report every invalid member at once.

    Args:
        members: Kind, options, match and limits.
        spelling: Function that returns the name of a member for the caller.

    Raises:
        ApiError: The members do not describe a fault (422).
    """
    details: list[Mapping[str, str]] = []
    rule = _structure(_Rule, members, spelling, details)
    name = members.get(spelling("kind"))
    kind = KINDS.get(name) if isinstance(name, str) else None
    effect = None if kind is None else _structure(kind, members, spelling, details)
    if kind is not None:
        match = REQUEST_MATCH if applies_to_deliveries(kind) else DELIVERY_MATCH
        foreign = [spelling(name) for name in (*match, *_OPTIONS) if name not in fields_dict(kind)]
        details += [{"path": path, "issue": f"does not belong to {name}"} for path in foreign if path in members]
    # Request bodies of the API may have unknown members. Here a misspelt one would apply the fault to other requests.
    details += find_unknown(members, [spelling(name) for name in (*fields_dict(_Rule), *_OPTIONS)])
    if rule is None or effect is None or details:
        raise ApiError(422, "Not valid: the members do not describe a fault.", details)
    return Fault(effect, rule.method, rule.path, rule.event, rule.times, rule.probability)


def _structure(
    shape: type[Shape], members: Mapping[str, object], spelling: Callable[[str], str], details: list[Mapping[str, str]]
) -> Shape | None:
    try:
        return structure(shape, dict(members), spelling)
    except ApiError as error:
        details += error.details
        return None
