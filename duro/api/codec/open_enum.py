"""Open enums: string enums that keep values which this release does not know."""

from __future__ import annotations

from enum import StrEnum
from inspect import getdoc
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = ["OpenEnum"]


class OpenEnum(StrEnum):
    """String enum that accepts unknown values, so that a value added to the API breaks no client.

    An unknown value equals, sorts and hashes as its text. Its ``is_known`` is ``False``.

    Example:
        >>> from duro import Interval
        >>> Interval("month").is_known, Interval("fortnight").is_known
        (True, False)
        >>> Interval("fortnight") == "fortnight"
        True
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not stored among the members: a server could fill the memory with invented values.
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    @property
    def is_known(self) -> bool:
        """Whether this release knows the value."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # The schema of any enum: pydantic calls "_missing_". Only with this method does it call the next one.
        return handler(source)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(schema)
        definition = handler.resolve_ref_schema(reference)
        known = {"type": "string", "enum": [member.value for member in cls]}
        definition.clear()
        definition.update(
            title=cls.__name__,
            description=(getdoc(cls) or "").replace("``", "`"),
            anyOf=[known, {"type": "string"}],
        )
        return reference
