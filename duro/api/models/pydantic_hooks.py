"""Methods that pydantic calls on the models. Pydantic is imported only when it calls one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema, SchemaSerializer

__all__ = ["PydanticHooks"]


class _Serializer:
    """Attribute from which pydantic reads the serializer of a value whose declared type is ``Any``."""

    def __get__(self, _: object, owner: type) -> SchemaSerializer:
        from .pydantic_schema import build_serializer

        return build_serializer(owner)


class PydanticHooks:
    """Base class of attrs classes that work as types of pydantic models and of FastAPI routes."""

    __slots__ = ()

    # Whether errors of the validation omit their input, because it may contain a secret.
    _hides_input: ClassVar[bool] = False

    __pydantic_serializer__: ClassVar[_Serializer] = _Serializer()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from .pydantic_schema import build_core_schema

        return build_core_schema(source, handler, hides_input=cls._hides_input)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from .pydantic_schema import build_json_schema

        return build_json_schema(cls, schema, handler)
