"""Encoder of request bodies: Python names to wire names, timestamps and enums to text, models to plain data."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from attrs import fields, has

from ..._json_types import camel_case
from ..._secrets import Secret, SecretBytes
from ..._unset import UNSET
from ...errors import InvalidArgumentError
from .wire_names import wire_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._json_types import JSONObject, JSONValue

__all__ = ["encode", "encode_json", "to_plain", "to_plain_value"]


def encode(values: Mapping[str, object]) -> bytes:
    """Encode a request body.

    Args:
        values: Members by their Python names. ``UNSET`` ones are left out, and secrets are unwrapped.

    Returns:
        JSON with wire names.

    Raises:
        InvalidArgumentError: A value cannot be written as JSON.
    """
    return encode_json(
        {
            camel_case(name): value.reveal() if isinstance(value, Secret) else value
            for name, value in values.items()
            if value is not UNSET
        }
    )


def encode_json(value: object) -> bytes:
    """Encode any JSON value without a change of names.

    Args:
        value: JSON value, which may contain timestamps and enums.

    Returns:
        JSON.

    Raises:
        InvalidArgumentError: The value cannot be written as JSON.
    """
    try:
        return SecretBytes(json.dumps(value, default=_to_text, allow_nan=False, separators=(",", ":")).encode())
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error)
    # Raised outside the handler, so that no __context__ leads to the value.
    raise InvalidArgumentError(f"the body cannot be written as JSON: {reason}; pass plain JSON values")


def to_plain(model: object) -> JSONObject:
    """Convert a model into plain data with wire names, unknown fields included."""
    plain: dict[str, JSONValue] = {}
    unknown: Mapping[str, JSONValue] = {}
    model_type: Any = type(model)
    for attribute in fields(model_type):
        value = getattr(model, attribute.name)
        if attribute.name == "extra":
            unknown = deepcopy(value)
        elif value is None and getattr(model_type, "omit_null", False):
            continue
        elif attribute.init and value is not UNSET:
            plain[wire_name(attribute)] = to_plain_value(value)
    # Known fields come first, and a field that is in both keeps its value.
    return {**plain, **unknown, **plain}


def to_plain_value(value: object) -> JSONValue:
    """Convert the value of an attribute into plain data."""
    if isinstance(value, tuple | list):
        return [to_plain_value(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: to_plain_value(item) for name, item in cast("dict[str, object]", value).items()}
    # The exact type: an enum is a str too, and becomes a plain str below.
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    return to_plain(value) if has(type(value)) else _to_text(value)


def _to_text(value: object) -> str:
    if isinstance(value, Enum) and value is not UNSET:
        return str(value.value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime must have a time zone; pass for example datetime.now(UTC)")
        # The API writes milliseconds. Microseconds are sent only where they would be lost.
        precision = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
        return value.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"JSON does not support the type {type(value).__name__}")
