"""Every model, and an answer that is read as it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import get_args, get_origin, get_type_hints

from attrs import fields, has

import duro
from duro import Page
from duro.api.codec.converter import wire_name
from duro.api.codec.open_enum import OpenEnum
from duro.api.models.base import Model


def _models_below(kind):
    return set(chain([kind], *map(_models_below, kind.__subclasses__())))


# The package is lazy: a model is there when somebody has asked for its name.
for _name in duro.__all__:
    getattr(duro, _name)

MODELS = sorted(_models_below(Model) - {Model}, key=lambda kind: kind.__name__)
KINDS = [*MODELS, *(Page[model] for model in MODELS)]


MOMENT = "2026-01-31T10:00:00.000Z"


def example_of(kind):
    """Make data that is read as a kind."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin is tuple:
        return [example_of(inner[0])]
    if origin is Mapping:
        return {"51": 1}
    if has(origin):
        return members_of(origin, dict(zip(getattr(origin, "__parameters__", ()), inner, strict=True)))
    if inner:
        return example_of(inner[0])
    if issubclass(kind, OpenEnum | str):
        return "active"
    return MOMENT if kind is datetime else kind(1)


def members_of(model, concrete):
    hints = get_type_hints(model)
    data = {}
    for each in fields(model):
        if each.name == "extra":
            continue
        hint = hints[each.name]
        if get_origin(hint) is tuple and get_args(hint)[0] in concrete:
            hint = tuple[concrete[get_args(hint)[0]], ...]
        data[wire_name(each)] = example_of(hint)
    return data


ANSWERS = [json.dumps(example_of(kind)).encode() for kind in KINDS]
