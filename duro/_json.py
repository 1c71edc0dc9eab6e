"""Types of JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

__all__ = ["JSONObject", "JSONValue", "as_object"]

JSONValue: TypeAlias = "Mapping[str, JSONValue] | Sequence[JSONValue] | str | int | float | bool | None"
JSONObject: TypeAlias = Mapping[str, JSONValue]


def as_object(value: object) -> dict[str, Any]:
    """Return a decoded JSON object, or an empty one for a value of another type."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
