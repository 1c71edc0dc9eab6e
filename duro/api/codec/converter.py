"""Converters that cattrs builds for the models: exact types, wire names, unknown fields kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, cast, get_args, get_origin

from attrs import fields, has
from cattrs import BaseValidationError, Converter, IterableValidationError, IterableValidationNote
from cattrs.cols import (
    homogenous_tuple_structure_factory,
    mapping_structure_factory,  # pyright: ignore[reportUnknownVariableType] - cattrs leaves two arguments untyped
)
from cattrs.gen import make_dict_structure_fn, override

from ..._json_types import camel_case
from .open_enum import OpenEnum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attrs import Attribute

__all__ = ["STRUCTURE_ERRORS", "make_converter", "wire_name"]

# Errors of a converter for data that does not fit the model. OverflowError: an integer can be too large for a float.
STRUCTURE_ERRORS: Final = (KeyError, TypeError, ValueError, OverflowError, RecursionError)


def wire_name(attribute: Attribute[Any]) -> str:
    """Return the wire name of a model's attribute. The metadata entry ``wire`` overrides it."""
    return attribute.metadata.get("wire") or camel_case(attribute.name)


def _require_exactly(kind: type) -> Callable[[Any, Any], Any]:
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
    if timestamp.tzinfo is None:
        return timestamp.replace(tzinfo=UTC)
    if timestamp.tzinfo is not UTC:
        # A timestamp outside the range of UTC could not be written again: fail here, with the path.
        timestamp.astimezone(UTC)
    return timestamp


def _to_open_enum(value: Any, kind: type[OpenEnum]) -> OpenEnum:
    if type(value) is not str:
        raise TypeError(f"expected str, got {type(value).__name__}")
    return kind(value)


def _is_model(kind: Any) -> bool:
    return has(get_origin(kind) or kind)


def _model_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Return the factory of hooks for models: wire names, unknown fields kept in ``extra``.

    A model can define ``select_class``, which returns the subclass for a document.
    With ``keep_invalid_members``, members of a wrong type go to ``extra`` instead of raising an error.
    """

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        model_type = get_origin(kind) or kind
        # Attributes outside the constructor, such as Event.secret_index, are not read from the wire.
        names = {each.name: wire_name(each) for each in fields(model_type) if each.init}
        # A page is without "extra": its unknown fields are dropped.
        keeps_unknown = names.pop("extra", None) is not None
        known = frozenset(names.values())
        renamed: dict[str, Any] = {name: override(rename=wire) for name, wire in names.items()}
        if keeps_unknown:
            renamed["extra"] = override(omit=True)
        read = make_dict_structure_fn(kind, converter, **renamed)
        select_class = getattr(model_type, "select_class", None)
        keep_invalid_members = getattr(model_type, "keep_invalid_members", False)

        def read_model(data: object, _: Any) -> Any:
            if not isinstance(data, dict):
                raise TypeError(f"expected an object, got {type(data).__name__}")
            document = cast("dict[str, Any]", data)
            if select_class is not None and (selected := select_class(document)) is not model_type:
                if not issubclass(selected, model_type):
                    raise TypeError(f"expected a {model_type.__name__}, got a {selected.__name__}")
                return converter.structure(document, selected)
            valid = _valid_members(document, known, read) if keep_invalid_members else document
            model = read(valid, kind)
            if keeps_unknown and not (valid is document and document.keys() <= known):
                unknown = {name: value for name, value in document.items() if name not in known or name not in valid}
                # The model is frozen, and cattrs has built it already.
                object.__setattr__(model, "extra", unknown)
            return model

        return read_model

    return make


def _valid_members(document: dict[str, Any], known: frozenset[str], read: Callable[..., Any]) -> dict[str, Any]:
    """Return the members with a valid type. Every attribute of the model must have a default."""
    valid: dict[str, Any] = {}
    for name in known & document.keys():
        member = {name: document[name]}
        try:
            read(member, None)
        except (BaseValidationError, *STRUCTURE_ERRORS):
            continue
        valid |= member
    return valid


def _tuple_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Return the factory of hooks for lists. The hook of cattrs would also accept a string or an object."""

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        item_kind = get_args(kind)[0]
        read_item = converter.get_structure_hook(item_kind)
        read = homogenous_tuple_structure_factory(kind, converter)

        def read_list(data: object, _: Any) -> Any:
            if not isinstance(data, list):
                raise TypeError(f"expected a list, got {type(data).__name__}")
            items = cast("list[object]", data)
            if converter.detailed_validation:
                _raise_first_error(enumerate(items), item_kind, read_item)
            return read(items, kind)

        return read_list

    return make


def _raise_first_error(entries: Iterable[tuple[int | str, object]], kind: Any, read: Callable[[Any, Any], Any]) -> None:
    """Raise the first error of a list or mapping. cattrs would collect one exception for each invalid item."""
    for index, item in entries:
        try:
            read(item, kind)
        except (BaseValidationError, *STRUCTURE_ERRORS) as error:
            error.add_note(IterableValidationNote("", index, kind))
            raise IterableValidationError("", [error], kind) from None  # pyright: ignore[reportCallIssue] - it takes three


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _mapping_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Return the factory of hooks for mappings. The hook of cattrs raises AttributeError for other types."""

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        value_kind = get_args(kind)[1]
        read_value = converter.get_structure_hook(value_kind)
        read = mapping_structure_factory(kind, converter, dict, str, value_kind)

        def read_mapping(data: object, _: Any) -> Any:
            if not isinstance(data, dict):
                raise TypeError(f"expected an object, got {type(data).__name__}")
            mapping = cast("dict[str, object]", data)
            if converter.detailed_validation:
                _raise_first_error(mapping.items(), value_kind, read_value)
            return mapping if value_kind is Any else read(mapping, kind)

        return read_mapping

    return make


def _optional_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Return the factory of hooks for nullable values. The hook of cattrs would look the inner hook up at each call."""

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        (value_kind,) = set(get_args(kind)) - {NoneType}
        read = converter.get_structure_hook(value_kind)

        def read_optional(value: Any, _: Any) -> Any:
            return None if value is None else read(value, value_kind)

        return read_optional

    return make


def _is_optional(kind: Any) -> bool:
    return isinstance(kind, UnionType) and len(get_args(kind)) == 2 and NoneType in get_args(kind)


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


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
    converter.register_structure_hook_factory(_is_model, _model_hook(converter))
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook(converter))
    converter.register_structure_hook_factory(_is_optional, _optional_hook(converter))
    converter.register_structure_hook_factory(_is_mapping, _mapping_hook(converter))
    return converter
