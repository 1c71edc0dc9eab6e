"""Schemas of the models for pydantic: validation, serialization and JSON schema.

Field names follow pydantic's rule for aliases. ``by_alias=True``, the default of FastAPI, selects the wire names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Final, cast, get_args, get_origin

from pydantic import TypeAdapter
from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticSerializationUnexpectedValue,
    ValidationError,
    core_schema,
)

from ...errors import DecodingError, redact
from ..codec import structure, to_wire_names
from ..codec.encoder import to_plain_value
from ..codec.python_names import Member, members_of
from .reprs import hide, mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import InitErrorDetails, SchemaSerializer

__all__ = ["build_core_schema", "build_json_schema", "build_serializer"]

# Functions that replace a secret in JSON, by the function that replaces it in the repr.
SECRET_SERIALIZERS: Final[dict[Any, Callable[[str], str]]] = {mask: redact, hide: hide}

PATH_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
ATTRIBUTES_SECTION = re.compile(r"^Attributes:\n(.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n     .*)*)", re.MULTILINE)


def build_core_schema(kind: Any, handler: GetCoreSchemaHandler, *, hides_input: bool) -> CoreSchema:
    """Build the schema of a model or a page.

    Args:
        kind: Class of the model, or a generic alias such as ``Page[Plan]``.
        handler: Builder of the schemas of other types.
        hides_input: Whether errors of the validation omit their input.

    Returns:
        A schema that accepts instances, and dicts with Python or wire names.
    """
    # Validation ignores this schema. It describes the JSON, and serializes the members of a model.
    members = core_schema.typed_dict_schema(
        {member.name: _field(member, handler) for member in members_of(kind)},
        extra_behavior="allow" if _has_extra(kind) else "ignore",
    )

    def validate(value: object, _: object) -> object:
        return _validate(value, kind, hides_input=hides_input)

    def serialize(model: object, serialize_members: Callable[[Any], Any], info: SerializationInfo) -> Any:
        model_type = get_origin(kind) or kind
        if not isinstance(model, model_type):
            # pydantic then tries the next type of a union, or warns.
            raise PydanticSerializationUnexpectedValue(f"expected {model_type.__name__}, got {type(model).__name__}")
        return serialize_members(_select_members(model, kind, by_alias=bool(info.by_alias)))

    return core_schema.no_info_wrap_validator_function(
        validate,
        members,
        ref=_reference(kind),
        serialization=core_schema.wrap_serializer_function_ser_schema(serialize, info_arg=True, schema=members),
    )


def _has_extra(kind: Any) -> bool:
    return hasattr(get_origin(kind) or kind, "extra")


def _field(member: Member, handler: GetCoreSchemaHandler) -> core_schema.TypedDictField:
    return core_schema.typed_dict_field(
        _value_schema(member, handler),
        required=member.required,
        validation_alias=member.wire,
        serialization_alias=member.wire,
    )


def _value_schema(member: Member, handler: GetCoreSchemaHandler) -> CoreSchema:
    if member.repr in SECRET_SERIALIZERS:
        return core_schema.str_schema(serialization=_json_serializer(SECRET_SERIALIZERS[member.repr]))
    if member.kind in {datetime, datetime | None}:
        # Timestamps are written as the API writes them.
        timestamp = core_schema.datetime_schema(serialization=_json_serializer(to_plain_value))
        return timestamp if member.kind is datetime else core_schema.nullable_schema(timestamp)
    return handler.generate_schema(member.kind)


def _json_serializer(function: Callable[[Any], Any]) -> core_schema.PlainSerializerFunctionSerSchema:
    return core_schema.plain_serializer_function_ser_schema(function, when_used="json")


def _reference(kind: Any) -> str:
    """Return the name by which pydantic recognizes the schema, in the form of its own names."""
    model_type = get_origin(kind) or kind
    arguments = ",".join(_reference(argument) for argument in get_args(kind))
    name = f"{model_type.__module__}.{model_type.__qualname__}:{id(model_type)}"
    return f"{name}[{arguments}]" if arguments else name


def _validate(value: object, kind: Any, *, hides_input: bool) -> object:
    model_type = get_origin(kind) or kind
    if isinstance(value, model_type) and _has_items_of(value, get_args(kind)):
        return value
    name = model_type.__name__
    if isinstance(value, Mapping):
        try:
            return structure(to_wire_names(cast("object", value), kind), kind, body=b"", source="data")
        except DecodingError as error:
            place = [name or int(index) for name, index in PATH_PART.findall(error.path)]
            problem = str(error).partition(f" at {error.path}: ")[2]
    else:
        place, problem = [], f"expected a dict or an instance of {name}, got {type(value).__name__}"
    # pydantic shows the input in its message, and FastAPI in its response.
    details: InitErrorDetails = {
        "type": PydanticCustomError("duro_contract", "{problem}", {"problem": problem}),
        "loc": tuple(place),
        "input": "…" if hides_input else _value_at(place, value),
    }
    # Raised outside the handler, so that no __context__ leads to the data.
    raise ValidationError.from_exception_data(name, [details])


def _has_items_of(page: object, arguments: tuple[Any, ...]) -> bool:
    """Return whether a page holds items of the type in ``Page[…]``. Models and bare pages are not parametrized."""
    types = tuple(get_origin(argument) or argument for argument in arguments if isinstance(argument, type))
    return not types or all(isinstance(item, types) for item in cast("Any", page).items)


def _value_at(place: list[str | int], data: Any) -> object:
    """Return the value at a place, or the object in which it is missing."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, TypeError):
            break
    return data


def _select_members(model: Any, kind: Any, *, by_alias: bool) -> dict[str, Any]:
    values = {member.name: getattr(model, member.name) for member in members_of(kind)}
    if by_alias and getattr(kind, "omit_null", False):
        values = {name: value for name, value in values.items() if value is not None}
    if not _has_extra(kind):
        return values
    return {**values, **model.extra, **values} if by_alias else {**values, "extra": model.extra}


def build_json_schema(model_type: type, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """Build the JSON schema of a model, with the descriptions of its docstring.

    Args:
        model_type: Class of the model.
        schema: Result of ``build_core_schema``.
        handler: Builder of the JSON schema.

    Returns:
        A reference to the JSON schema, which is in the definitions.
    """
    reference = handler(schema)
    definition = handler.resolve_ref_schema(reference)
    summary = cleandoc(model_type.__doc__ or "").partition("\n\n")[0]
    definition.update(title=model_type.__name__, description=_to_markdown(summary))
    descriptions = _attribute_descriptions(model_type)
    for member in members_of(model_type):
        for name in {member.name, member.wire} & definition["properties"].keys():
            property_schema = definition["properties"][name]
            property_schema["title"] = member.name.replace("_", " ").title()
            if member.name in descriptions:
                property_schema["description"] = descriptions[member.name]
            if member.repr in SECRET_SERIALIZERS:
                property_schema["format"] = "password"
    return reference


def _attribute_descriptions(model_type: type) -> dict[str, str]:
    """Return the descriptions of the attributes, those of the base classes included."""
    descriptions: dict[str, str] = {}
    for each in reversed(model_type.__mro__):
        if section := ATTRIBUTES_SECTION.search(cleandoc(each.__doc__ or "")):
            for name, text in ATTRIBUTE.findall(section[1]):
                descriptions[name] = _to_markdown(" ".join(text.split()))
    return descriptions


def _to_markdown(text: str) -> str:
    return text.replace("``", "`")


@cache
def build_serializer(model_type: type) -> SchemaSerializer:
    """Build the serializer of a model outside a pydantic model."""
    return TypeAdapter[Any](model_type).serializer
