"""Hooks of cattrs that set the slots of a model. The constructor of attrs would take most of the time of a hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from attrs import NOTHING, Factory, fields, resolve_types

from .structure_errors import require_object
from .wire_names import wire_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from attrs import Attribute
    from cattrs import Converter

__all__ = ["Hook", "has_slot_hook", "make_slot_hook"]

# Function that converts decoded JSON into a value. The second argument is the type of the value.
Hook: TypeAlias = "Callable[[Any, Any], Any]"

# Types of decoded JSON that a model keeps. A member of type float accepts integers too, so it has a hook.
EXACT_TYPES: Final = (str, int, bool)

FACTORY: Final[Any] = Factory  # attrs declares the class as a function


def has_slot_hook(model_type: Any) -> bool:
    """Return whether the constructor of a model only sets slots. That of a user's class may do more."""
    has_own_constructor = "__attrs_attrs__" not in vars(model_type) or hasattr(model_type, "__attrs_init__")
    has_other_steps = hasattr(model_type, "__attrs_pre_init__") or hasattr(model_type, "__attrs_post_init__")
    if has_own_constructor or has_other_steps or not hasattr(model_type, "extra"):
        return False
    return all(_is_plain(each, model_type) for each in fields(model_type))


def _is_plain(attribute: Any, model_type: Any) -> bool:
    has_slot = hasattr(getattr(model_type, attribute.name, None), "__set__")
    is_constant = attribute.name == "extra" or not isinstance(attribute.default, FACTORY)
    return has_slot and is_constant and not attribute.converter and not attribute.validator


class _Member(NamedTuple):
    wire: str
    kind: Any
    read: Hook
    store: Callable[[Any, Any], None]
    default: Any

    @property
    def is_exact(self) -> bool:
        return self.default is NOTHING and self.kind in EXACT_TYPES


def _create_members(model_type: Any, converter: Converter) -> list[_Member]:
    names = wire_names(model_type)
    return [
        _Member(
            names[each.name],
            each.type,
            converter.get_structure_hook(each.type),
            _setter(each, model_type),
            each.default,
        )
        for each in fields(resolve_types(model_type))
        if each.name in names
    ]


def _setter(attribute: Attribute[Any], model_type: Any) -> Callable[[Any, Any], None]:
    """Return the function that sets an attribute of a frozen model."""
    setter: Callable[[Any, Any], None] = getattr(model_type, attribute.name).__set__
    return setter


def make_slot_hook(model_type: Any, converter: Converter) -> Hook:
    """Create the hook of a model whose constructor only sets slots.

    Args:
        model_type: Class of the model.
        converter: Converter that has the hooks of the members.

    Returns:
        The hook. Its errors have no path.
    """
    members = _create_members(model_type, converter)
    known = frozenset(member.wire for member in members)
    # Plain tuples are faster to unpack than named ones.
    exact = [(each.wire, each.kind, each.store) for each in members if each.is_exact]
    required = [each[:4] for each in members if each.default is NOTHING and not each.is_exact]
    optional = [each[:5] for each in members if each.default is not NOTHING]
    constants = [(_setter(each, model_type), each.default) for each in fields(model_type) if not each.init]
    set_extra = model_type.extra.__set__
    create = object.__new__

    def read_model(data: object, _: Any) -> Any:
        document = require_object(data)
        model = create(model_type)
        for wire, kind, store in exact:
            value = document[wire]
            if type(value) is not kind:
                raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
            store(model, value)
        for wire, kind, read, store in required:
            store(model, read(document[wire], kind))
        absent = 0
        for wire, kind, read, store, default in optional:
            if wire in document:
                store(model, read(document[wire], kind))
            else:
                absent += 1
                store(model, default)
        for store, value in constants:
            store(model, value)
        is_complete = len(document) + absent == len(known)
        set_extra(model, {} if is_complete else {name: document[name] for name in document if name not in known})
        return model

    return read_model
