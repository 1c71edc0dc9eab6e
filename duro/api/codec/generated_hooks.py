"""Hooks of models as generated functions. Each member costs one lookup, one check of its type and one store.

The hook of a member runs only if this check fails. It then converts the value or raises the error.
The function of a model with three members is for example::

    def read_model(document, _):
        if type(document) is not dict:
            document = require_object(document)
        model = create(Model)
        absent = 0
        value = document["id"]
        set_id(model, value if type(value) is str else read_id(value, kind_id))
        value = document["createdAt"]
        set_created_at(model, time if (time := parse(value)).tzinfo is UTC else read_created_at(value, kind_created_at))
        if "maxCycles" in document:
            value = document["maxCycles"]
            set_max_cycles(model, None if value is None else value if type(value) is int else read_max_cycles(…))
        else:
            absent += 1
            set_max_cycles(model, default_max_cycles)
        is_complete = len(document) + absent == 3
        set_extra(model, {} if is_complete else {name: document[name] for name in document if name not in known})
        return model
"""

from __future__ import annotations

import linecache
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

from attrs import NOTHING, Factory, fields, resolve_types

from .open_enum import OpenEnum
from .structure_errors import require_object
from .wire_names import wire_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from attrs import Attribute
    from cattrs import Converter

__all__ = ["Hook", "can_generate_hook", "make_generated_hook", "value_kind"]

# Function that converts decoded JSON into a value. The second argument is the type of the value.
Hook: TypeAlias = "Callable[[Any, Any], Any]"

# Types of decoded JSON that a model keeps. A member of type float accepts integers too, so its hook always runs.
EXACT_TYPES: Final = (str, int, bool)

FACTORY: Final[Any] = Factory  # attrs declares the class as a function

MODEL: Final = """\
def read_model(document, _):
    if type(document) is not dict:
        document = require_object(document)
    model = create(Model)
    absent = 0
{members}
    is_complete = len(document) + absent == {count}
    set_extra(model, {{}} if is_complete else {{name: document[name] for name in document if name not in known}})
    return model
"""
REQUIRED: Final = """\
    value = document[{wire!r}]
    set_{name}(model, {expression})"""
OPTIONAL: Final = """\
    if {wire!r} in document:
        value = document[{wire!r}]
        set_{name}(model, {expression})
    else:
        absent += 1
        set_{name}(model, default_{name})"""
CONSTANT: Final = """\
    set_{name}(model, default_{name})"""


def can_generate_hook(model_type: Any) -> bool:
    """Return whether the constructor of a model only sets slots. That of a user's class may do more."""
    has_own_constructor = "__attrs_attrs__" not in vars(model_type) or hasattr(model_type, "__attrs_init__")
    other_steps = ("__attrs_pre_init__", "__attrs_post_init__", "_attrs_cached_hash")
    if has_own_constructor or any(hasattr(model_type, step) for step in other_steps):
        return False
    return hasattr(model_type, "extra") and all(_is_plain(each, model_type) for each in fields(model_type))


def _is_plain(attribute: Any, model_type: Any) -> bool:
    has_slot = hasattr(getattr(model_type, attribute.name, None), "__set__")
    is_constant = attribute.name == "extra" or not isinstance(attribute.default, FACTORY)
    return has_slot and is_constant and not attribute.converter and not attribute.validator


def make_generated_hook(model_type: Any, converter: Converter) -> Hook:
    """Create the hook of a model whose constructor only sets slots.

    Args:
        model_type: Class of the model.
        converter: Converter that has the hooks of the members.

    Returns:
        The hook. Its errors have no path.
    """
    names = wire_names(model_type)
    attributes = fields(resolve_types(model_type))
    members = [_member_source(each, names.get(each.name)) for each in attributes if each.name != "extra"]
    values: dict[str, Any] = {
        "Model": model_type,
        "create": object.__new__,
        "known": frozenset(names.values()),
        "parse": datetime.fromisoformat,
        "require_object": require_object,
        "UTC": UTC,
    }
    for each in attributes:
        values[f"set_{each.name}"] = getattr(model_type, each.name).__set__
        values[f"default_{each.name}"] = each.default
        if each.name in names:
            values |= _conversion_values(each.name, value_kind(each.type), converter)
    source = MODEL.format(members="\n".join(members), count=len(names))
    return _compile(source, values, file=f"<decoder of {model_type.__qualname__}>")


def _member_source(attribute: Attribute[Any], wire: str | None) -> str:
    """Return the statements that set an attribute."""
    if wire is None:
        return CONSTANT.format(name=attribute.name)
    kind = value_kind(attribute.type)
    expression = _conversion(attribute.name, kind)
    if kind is not attribute.type:
        expression = f"None if value is None else {expression}"
    template = REQUIRED if attribute.default is NOTHING else OPTIONAL
    return template.format(name=attribute.name, wire=wire, expression=expression)


def value_kind(kind: Any) -> Any:
    """Return the type of a nullable value without ``None``, and any other type unchanged."""
    kinds = [each for each in get_args(kind) if each is not NoneType]
    return kinds[0] if isinstance(kind, UnionType) and len(kinds) == 1 else kind


def _conversion(name: str, kind: Any) -> str:
    """Return the expression that converts the value of a member."""
    read = f"read_{name}(value, kind_{name})"
    if kind in EXACT_TYPES:
        return f"value if type(value) is {kind.__name__} else {read}"
    if kind is datetime:
        return f"time if (time := parse(value)).tzinfo is UTC else {read}"
    if _is_open_enum(kind):
        return f"members_{name}[value] if value in members_{name} else {read}"
    return read


def _conversion_values(name: str, kind: Any, converter: Converter) -> dict[str, Any]:
    """Return the values of the names in the expression."""
    values = {f"read_{name}": converter.get_structure_hook(kind), f"kind_{name}": kind}
    return values | {f"members_{name}": kind._value2member_map_} if _is_open_enum(kind) else values


def _is_open_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, OpenEnum)


def _compile(source: str, values: dict[str, Any], *, file: str) -> Hook:
    """Compile the source of a function. It contains names of attributes only, and no data of a response."""
    exec(compile(source, file, "exec"), values)  # noqa: S102 - attrs and cattrs create functions the same way
    # Tracebacks and debuggers find the source of the function there.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    hook: Hook = values["read_model"]
    return hook
