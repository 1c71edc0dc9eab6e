"""Checks of arguments that are JSON objects, such as ``metadata``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from .._unset import UNSET
from ..errors import InvalidArgumentError
from .arguments import type_error

if TYPE_CHECKING:
    from .._json_types import JSONObject

__all__ = ["check_json_objects"]


def check_json_objects(**values: JSONObject) -> dict[str, object]:
    """Check that arguments are JSON objects, and copy them.

    Raises:
        InvalidArgumentError: One is not a mapping, or contains a value without a JSON form. The message has its path.
    """
    checked: dict[str, object] = {}
    for name, value in values.items():
        if not isinstance(value, Mapping):
            raise type_error(name, value, "a mapping", "pass a dict of JSON values")
        checked[name] = _copy_json(name, value)
    return checked


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
            raise InvalidArgumentError(f"{path} must have string keys, got {kind}; convert the keys to str")
        return {name: _copy_value(f"{path}.{name}", member) for name, member in members.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_copy_value(f"{path}[{index}]", item) for index, item in enumerate(cast("Sequence[object]", value))]
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidArgumentError(f"{path} must be a finite number, got {value}; JSON does not support it")
    if isinstance(value, datetime) and value.tzinfo is None:
        # Without a time zone, each reader of the JSON would assume its own.
        raise InvalidArgumentError(f"{path} must have a time zone to be JSON; pass for example datetime.now(UTC)")
    is_json = value is None or isinstance(value, bool | int | float | str | date | Enum)
    if is_json and value is not UNSET:
        return value
    raise type_error(path, value, "a JSON value", "pass strings, numbers, booleans, lists or mappings")
