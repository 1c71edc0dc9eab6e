"""Converters of cattrs with hooks for exact JSON types, timestamps, enums, lists, mappings and models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args, get_origin

from cattrs import Converter
from cattrs.cols import (
    homogenous_tuple_structure_factory,
    mapping_structure_factory,  # pyright: ignore[reportUnknownVariableType] - cattrs leaves two arguments untyped
)

from .generated_hooks import value_kind
from .model_hooks import is_model, make_model_hook
from .open_enum import OpenEnum
from .structure_errors import raise_first_error, require_list, require_object

if TYPE_CHECKING:
    from .generated_hooks import Hook

__all__ = ["make_converter"]


def _require_exactly(kind: type) -> Hook:
    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return check


def _to_float(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"expected float, got {type(value).__name__}")
    return float(value)


def _to_datetime(value: Any, _: Any) -> datetime:
    if type(value) is not str:
        raise TypeError(f"expected a timestamp, got {type(value).__name__}")
    timestamp = datetime.fromisoformat(value)
    if timestamp.tzinfo is UTC:
        return timestamp
    if timestamp.tzinfo is None:
        return timestamp.replace(tzinfo=UTC)
    # A timestamp outside the range of UTC could not be written again: fail here, with the path.
    timestamp.astimezone(UTC)
    return timestamp


def _to_open_enum(value: Any, kind: type[OpenEnum]) -> OpenEnum:
    if type(value) is not str:
        raise TypeError(f"expected str, got {type(value).__name__}")
    # A call of the class would take as much time as the checks of several other members.
    members: dict[str, Any] = kind._value2member_map_
    return members[value] if value in members else kind(value)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _make_tuple_hook(kind: Any, converter: Converter) -> Hook:
    """Create the hook of a list. The hook of cattrs would also accept a string or an object."""
    item_kind = get_args(kind)[0]
    read_item = converter.get_structure_hook(item_kind)
    read = homogenous_tuple_structure_factory(kind, converter)

    def read_list(data: object, _: Any) -> Any:
        items = require_list(data)
        if converter.detailed_validation:
            raise_first_error(enumerate(items), item_kind, read_item)
        return read(items, kind)

    return read_list


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _make_mapping_hook(kind: Any, converter: Converter) -> Hook:
    """Create the hook of a mapping. The hook of cattrs raises AttributeError for other types."""
    value_kind = get_args(kind)[1]
    read_value = converter.get_structure_hook(value_kind)
    read = mapping_structure_factory(kind, converter, dict, str, value_kind)

    def read_mapping(data: object, _: Any) -> Any:
        mapping = require_object(data)
        if converter.detailed_validation:
            raise_first_error(mapping.items(), value_kind, read_value)
        return mapping if value_kind is Any else read(mapping, kind)

    return read_mapping


def _is_optional(kind: Any) -> bool:
    return value_kind(kind) is not kind


def _make_optional_hook(kind: Any, converter: Converter) -> Hook:
    """Create the hook of a nullable value. The hook of cattrs would look the inner hook up at each call."""
    inner_kind = value_kind(kind)
    read = converter.get_structure_hook(inner_kind)

    def read_optional(value: Any, _: Any) -> Any:
        return None if value is None else read(value, inner_kind)

    return read_optional


def make_converter(*, detailed: bool) -> Converter:
    """Create a converter with the hooks of all models.

    Args:
        detailed: Whether errors carry the path of the problem. A detailed converter is many times slower.

    Returns:
        The converter.
    """
    converter = Converter(detailed_validation=detailed)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _require_exactly(kind))
    converter.register_structure_hook(float, _to_float)
    converter.register_structure_hook(datetime, _to_datetime)
    # Hooks apply to subclasses too: without this one, the hook of str would read the enums.
    converter.register_structure_hook(OpenEnum, _to_open_enum)
    converter.register_structure_hook_factory(is_model, make_model_hook)
    converter.register_structure_hook_factory(_is_tuple, _make_tuple_hook)
    converter.register_structure_hook_factory(_is_optional, _make_optional_hook)
    converter.register_structure_hook_factory(_is_mapping, _make_mapping_hook)
    return converter
