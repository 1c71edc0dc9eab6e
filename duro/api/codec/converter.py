"""How cattrs reads the models: exact types, the wire's names, and unknown fields kept."""

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

from ..._json import camel_case
from .open_enum import OpenEnum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attrs import Attribute

__all__ = ["UNFIT", "make_converter", "wire_name"]

# What a converter raises for data that is no such model; a whole number can be too large for a float.
UNFIT: Final = (KeyError, TypeError, ValueError, OverflowError, RecursionError)


def wire_name(attribute: Attribute[Any]) -> str:
    """Give the wire's name of a model's attribute, which its metadata may tell."""
    return attribute.metadata.get("wire") or camel_case(attribute.name)


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return check


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"expected float, got {type(value).__name__}")
    return float(value)


def _moment(value: Any, _: Any) -> datetime:
    if type(value) is not str:
        raise TypeError(f"expected a timestamp, got {type(value).__name__}")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    if moment.tzinfo is not UTC:
        # What UTC does not have could not be written again.
        moment.astimezone(UTC)
    return moment


def _open_enum(value: Any, kind: type[OpenEnum]) -> OpenEnum:
    if type(value) is not str:
        raise TypeError(f"expected str, got {type(value).__name__}")
    return kind(value)


def _is_model(kind: Any) -> bool:
    return has(get_origin(kind) or kind)


def _model_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Make what reads one model: wire names, and unknown fields kept in ``extra``.

    A model can name its subclass for a document (``variant_for``), or keep members
    of another type among the unknown ones (``keeps_misfits``).
    """

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        model_type = get_origin(kind) or kind
        # What is no argument of the model is not the wire's to say.
        names = {each.name: wire_name(each) for each in fields(model_type) if each.init}
        # A page has no place for fields it does not know.
        keeps_unknown = names.pop("extra", None) is not None
        known = frozenset(names.values())
        renamed: dict[str, Any] = {name: override(rename=wire) for name, wire in names.items()}
        if keeps_unknown:
            renamed["extra"] = override(omit=True)
        read = make_dict_structure_fn(kind, converter, **renamed)
        variant_for = getattr(model_type, "variant_for", None)
        keeps_misfits = getattr(model_type, "keeps_misfits", False)

        def read_model(data: object, _: Any) -> Any:
            if not isinstance(data, dict):
                raise TypeError(f"expected an object, got {type(data).__name__}")
            document = cast("dict[str, Any]", data)
            if variant_for is not None and (variant := variant_for(document)) is not model_type:
                if not issubclass(variant, model_type):
                    raise TypeError(f"expected a {model_type.__name__}, got a {variant.__name__}")
                return converter.structure(document, variant)
            fitting = _fitting(document, known, read) if keeps_misfits else document
            model = read(fitting, kind)
            if keeps_unknown and not (fitting is document and document.keys() <= known):
                unknown = {name: value for name, value in document.items() if name not in known or name not in fitting}
                object.__setattr__(model, "extra", unknown)
            return model

        return read_model

    return make


def _fitting(document: dict[str, Any], known: frozenset[str], read: Callable[..., Any]) -> dict[str, Any]:
    """Give the members that a model can read, which must let each of them be absent."""
    fitting: dict[str, Any] = {}
    for name in known & document.keys():
        member = {name: document[name]}
        try:
            read(member, None)
        except (BaseValidationError, *UNFIT):
            continue
        fitting |= member
    return fitting


def _tuple_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Make what reads one kind of list; cattrs alone would also take a text or an object for one."""

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        item_kind = get_args(kind)[0]
        read_item = converter.get_structure_hook(item_kind)
        read = homogenous_tuple_structure_factory(kind, converter)

        def read_list(data: object, _: Any) -> Any:
            if not isinstance(data, list):
                raise TypeError(f"expected a list, got {type(data).__name__}")
            items = cast("list[object]", data)
            if converter.detailed_validation:
                _find_fault(enumerate(items), item_kind, read_item)
            return read(items, kind)

        return read_list

    return make


def _find_fault(places: Iterable[tuple[int | str, object]], kind: Any, read: Callable[[Any, Any], Any]) -> None:
    """Raise the first fault of a list or mapping; cattrs alone would keep an exception for each of a million."""
    for place, item in places:
        try:
            read(item, kind)
        except (BaseValidationError, *UNFIT) as error:
            error.add_note(IterableValidationNote("", place, kind))
            raise IterableValidationError("", [error], kind) from None  # pyright: ignore[reportCallIssue] - it takes three


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _mapping_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Make what reads one kind of mapping; cattrs alone fails with an AttributeError on anything else."""

    def make(kind: Any) -> Callable[[Any, Any], Any]:
        value_kind = get_args(kind)[1]
        read_value = converter.get_structure_hook(value_kind)
        read = mapping_structure_factory(kind, converter, dict, str, value_kind)

        def read_mapping(data: object, _: Any) -> Any:
            if not isinstance(data, dict):
                raise TypeError(f"expected an object, got {type(data).__name__}")
            mapping = cast("dict[str, object]", data)
            if converter.detailed_validation:
                _find_fault(mapping.items(), value_kind, read_value)
            return mapping if value_kind is Any else read(mapping, kind)

        return read_mapping

    return make


def _optional_hook(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """Make what reads a value or null; cattrs alone would look for the value's hook at each of them."""

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
    """Make a converter.

    Args:
        detailed: Whether its errors tell where the fault is, which costs many times the work.

    Returns:
        The converter, with the hooks of all models.
    """
    converter = Converter(detailed_validation=detailed)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(datetime, _moment)
    # A hook serves subclasses too: without one of its own, an enum would be read as the str that it is.
    converter.register_structure_hook(OpenEnum, _open_enum)
    converter.register_structure_hook_factory(_is_model, _model_hook(converter))
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook(converter))
    converter.register_structure_hook_factory(_is_optional, _optional_hook(converter))
    converter.register_structure_hook_factory(_is_mapping, _mapping_hook(converter))
    return converter
