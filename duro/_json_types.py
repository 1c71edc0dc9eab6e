"""Types of JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

__all__ = ["JSONObject", "JSONValue", "as_object", "camel_case"]

JSONValue: TypeAlias = "Mapping[str, JSONValue] | Sequence[JSONValue] | str | int | float | bool | None"
JSONObject: TypeAlias = Mapping[str, JSONValue]


def as_object(value: object) -> dict[str, Any]:
    """Return a decoded JSON object, or an empty one for a value of another type."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def camel_case(name: str) -> str:
    """Return the API's spelling of a Python name.

    Example:
        >>> camel_case("interval_count")
        'intervalCount'
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
