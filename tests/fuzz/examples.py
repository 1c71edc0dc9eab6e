"""All models, and a valid response for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import get_args, get_origin, get_type_hints

from attrs import fields, has

import duro
from duro import Page
from duro.api.codec.open_enum import OpenEnum
from duro.api.codec.wire_names import wire_name
from duro.api.models.base import Model
from tests.support.subclasses import find_subclasses

# The package loads its names lazily, so a model exists only after its name was used.
for _name in duro.__all__:
    getattr(duro, _name)

MODELS = sorted(find_subclasses(Model), key=lambda kind: kind.__name__)
KINDS = [*MODELS, *(Page[model] for model in MODELS)]


TIMESTAMP = "2026-01-31T10:00:00.000Z"


def create_example(kind):
    """Return data that is decoded as a kind."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin is tuple:
        return [create_example(inner[0])]
    if origin is Mapping:
        return {"51": 1}
    if has(origin):
        return create_members(origin, dict(zip(getattr(origin, "__parameters__", ()), inner, strict=True)))
    if inner:
        return create_example(inner[0])
    if issubclass(kind, OpenEnum | str):
        return "active"
    return TIMESTAMP if kind is datetime else kind(1)


def create_members(model, type_arguments):
    hints = get_type_hints(model)
    data = {}
    for each in fields(model):
        if each.name == "extra":
            continue
        hint = hints[each.name]
        if get_origin(hint) is tuple and get_args(hint)[0] in type_arguments:
            hint = tuple[type_arguments[get_args(hint)[0]], ...]
        data[wire_name(each)] = create_example(hint)
    return data


RESPONSES = [json.dumps(create_example(kind)).encode() for kind in KINDS]
