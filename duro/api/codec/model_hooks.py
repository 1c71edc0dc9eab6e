"""Hooks of cattrs for models: wire names, unknown fields kept in ``extra``, subclasses selected by the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

from attrs import has
from cattrs import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override

from .generated_hooks import Hook, can_generate_hook, make_generated_hook
from .structure_errors import STRUCTURE_ERRORS, require_object
from .wire_names import wire_names

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["is_model", "make_model_hook"]


def is_model(kind: Any) -> bool:
    """Return whether a type is an attrs class, or a generic alias of one."""
    return has(get_origin(kind) or kind)


def make_model_hook(kind: Any, converter: Converter) -> Hook:
    """Create the hook of a model.

    A model can define ``select_class``, which returns the subclass for a document.
    With ``keep_invalid_members``, members of a wrong type go to ``extra`` instead of raising an error.

    Args:
        kind: Class of the model, or a generic alias such as ``Page[Plan]``.
        converter: Converter that has the hooks of the members. A detailed one reports the path of an error.

    Returns:
        The hook.
    """
    model_type = get_origin(kind) or kind
    if not converter.detailed_validation and can_generate_hook(model_type):
        read = make_generated_hook(model_type, converter)
    else:
        read = _make_constructor_hook(kind, model_type, converter)
    if getattr(model_type, "keep_invalid_members", False):
        read = _make_lenient_hook(model_type, read)
    if hasattr(model_type, "select_class"):
        read = _make_selecting_hook(model_type, converter, read)
    return read


def _make_constructor_hook(kind: Any, model_type: Any, converter: Converter) -> Hook:
    names = wire_names(model_type)
    known = frozenset(names.values())
    overrides: dict[str, Any] = {name: override(rename=wire) for name, wire in names.items()}
    # A page is without "extra": its unknown fields are dropped.
    keeps_unknown = hasattr(model_type, "extra")
    if keeps_unknown:
        overrides["extra"] = override(omit=True)
    read = make_dict_structure_fn(kind, converter, **overrides)

    def read_model(data: object, _: Any) -> Any:
        document = require_object(data)
        model = read(document, kind)
        if keeps_unknown and not document.keys() <= known:
            # The model is frozen, and its constructor has returned already.
            object.__setattr__(model, "extra", {name: document[name] for name in document if name not in known})
        return model

    return read_model


def _make_lenient_hook(model_type: Any, read: Hook) -> Hook:
    known = frozenset(wire_names(model_type).values())

    def read_valid_members(data: object, kind: Any) -> Any:
        document = require_object(data)
        valid = _valid_members(document, known, read)
        model = read(valid, kind)
        object.__setattr__(model, "extra", {name: document[name] for name in document if name not in valid})
        return model

    return read_valid_members


def _valid_members(document: dict[str, Any], known: frozenset[str], read: Hook) -> dict[str, Any]:
    """Return the members with a valid type. Every attribute of the model must have a default."""
    valid: dict[str, Any] = {}
    for name in known & document.keys():
        member = {name: document[name]}
        try:
            read(member, None)
        except (BaseValidationError, *STRUCTURE_ERRORS):
            continue
        valid |= member
    return valid


def _make_selecting_hook(model_type: Any, converter: Converter, read: Hook) -> Hook:
    def read_selected(data: object, kind: Any) -> Any:
        document = require_object(data)
        selected = model_type.select_class(document)
        if selected is model_type:
            return read(document, kind)
        if not issubclass(selected, model_type):
            raise TypeError(f"expected a {model_type.__name__}, got a {selected.__name__}")
        return converter.structure(document, selected)

    return read_selected
