"""Names of the members of models on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import fields

from ..._json_types import camel_case

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["wire_name", "wire_names"]


def wire_name(attribute: Attribute[Any]) -> str:
    """Return the wire name of a model's attribute. The metadata entry ``wire`` overrides it."""
    return attribute.metadata.get("wire") or camel_case(attribute.name)


def wire_names(model_type: Any) -> dict[str, str]:
    """Return the wire names of the attributes that the API sends, without ``extra``.

    Attributes outside the constructor, such as ``Event.secret_index``, are not on the wire.
    """
    return {each.name: wire_name(each) for each in fields(model_type) if each.init and each.name != "extra"}
