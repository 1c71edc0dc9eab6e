"""Plain data with Python names and values: ``to_python`` writes it, ``to_wire_names`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, cast, get_args, get_origin

from attrs import NOTHING, fields, has, resolve_types

from ...errors import DecodingError
from .encoder import to_plain_value
from .wire_names import wire_name

__all__ = ["Member", "members_of", "to_python", "to_wire_names"]


class Member(NamedTuple):
    """Attribute of a model that the API sends.

    Attributes:
        name: Python name.
        wire: Wire name.
        kind: Type of the value.
        required: Whether the attribute has no default.
        repr: Function that writes the value in the repr of the model, or whether the repr contains it.
    """

    name: str
    wire: str
    kind: Any
    required: bool
    repr: Any


@cache
def members_of(kind: Any) -> tuple[Member, ...]:
    """Return the members of a model in the order of the class, without ``extra``.

    Args:
        kind: Class of a model, or a generic alias such as ``Page[Plan]``.

    Returns:
        The members, with the type arguments of the alias in their types.
    """
    model_type = get_origin(kind) or kind
    return tuple(
        Member(each.name, wire_name(each), _substitute(each.type, get_args(kind)), each.default is NOTHING, each.repr)
        for each in fields(resolve_types(model_type))
        if each.init and each.name != "extra"
    )


def _substitute(kind: Any, arguments: tuple[Any, ...]) -> Any:
    """Replace the type variable of a generic model."""
    return kind[arguments] if arguments and getattr(kind, "__parameters__", ()) else kind


def to_python(model: object) -> dict[str, Any]:
    """Convert a model into a dict of its attributes, with ``extra`` at the end."""
    model_type: Any = type(model)
    names = [member.name for member in members_of(model_type)]
    if hasattr(model, "extra"):
        names.append("extra")
    return {name: _to_python_value(getattr(model, name)) for name in names}


def _to_python_value(value: object) -> Any:
    if isinstance(value, tuple | list):
        return [_to_python_value(item) for item in cast("list[object]", value)]
    if isinstance(value, Mapping):
        return {name: _to_python_value(item) for name, item in cast("Mapping[str, object]", value).items()}
    return to_python(value) if has(type(value)) else value


def to_wire_names(data: object, kind: Any, *, path: str = "$") -> Any:
    """Convert data with Python or wire names into plain data with wire names, nested objects included.

    Args:
        data: Data in either form. Data that is not an object is returned unchanged.
        kind: Class of the model, or a generic alias.
        path: JSON path of the data, for the error.

    Returns:
        Plain data. The result is not checked against the types of the model.

    Raises:
        DecodingError: A field has two values, or a value cannot be written as JSON.
    """
    if not isinstance(data, Mapping):
        return data
    document = dict(cast("Mapping[str, Any]", data))
    unknown = _pop_extra(document, kind)
    omits_null = getattr(kind, "omit_null", False)
    for member in members_of(kind):
        if member.name != member.wire and member.name in document:
            if member.wire in document:
                raise _duplicate_error(member, path)
            document[member.wire] = document.pop(member.name)
        if member.wire in document:
            value = _to_wire_value(document[member.wire], member.kind, path=f"{path}.{member.wire}")
            if value is None and omits_null:
                del document[member.wire]
            else:
                document[member.wire] = value
    return {**document, **unknown}


def _pop_extra(document: dict[str, Any], kind: Any) -> Mapping[str, Any]:
    """Remove and return the member ``extra`` of the Python form. In the wire form, it is an unknown field."""
    names = {member.name for member in members_of(kind)}
    is_wire = any(member.wire in document and member.wire not in names for member in members_of(kind))
    extra = document.get("extra")
    if is_wire or not isinstance(extra, Mapping) or not hasattr(get_origin(kind) or kind, "extra"):
        return {}
    del document["extra"]
    return cast("Mapping[str, Any]", extra)


def _to_wire_value(value: object, kind: Any, *, path: str) -> Any:
    if isinstance(value, tuple | list):
        item_kind = get_args(kind)[0] if get_origin(kind) is tuple else object
        items = cast("list[object]", value)
        return [_to_wire_value(item, item_kind, path=f"{path}[{index}]") for index, item in enumerate(items)]
    if isinstance(value, Mapping):
        [model_type] = [each for each in _alternatives(kind) if has(get_origin(each) or each)] or [None]
        document = cast("Mapping[str, object]", value)
        return to_wire_names(document, model_type, path=path) if model_type else dict(document)
    try:
        return to_plain_value(value)
    except (TypeError, ValueError, OverflowError) as error:
        problem = str(error)
    raise DecodingError(f"the data breaks the contract at {path}: {problem}", path=path, body=b"")


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _duplicate_error(member: Member, path: str) -> DecodingError:
    return DecodingError(
        f"the data breaks the contract at {path}: it has both {member.wire} and {member.name}; pass one of them",
        path=path,
        body=b"",
    )
