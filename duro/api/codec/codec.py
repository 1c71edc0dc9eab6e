"""Between the wire's JSON and the models: names, types, unknown fields, and errors with a path.

One fast converter does the work; a detailed one, many times slower, only
explains why an answer could not be read.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, get_origin

from attrs import fields, fields_dict, has
from cattrs import AttributeValidationNote, BaseValidationError, Converter, IterableValidationNote

from ..._json import as_object, camel_case
from ..._secrets import Secret, SecretBytes
from ..._unset import UNSET
from ...errors import DecodingError, InvalidArgumentError, redact
from .converter import UNFIT, make_converter, wire_name
from .strict_json import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._json import JSONObject, JSONValue

__all__ = ["decode", "decode_json", "encode", "encode_json", "structure", "to_plain"]

T = TypeVar("T")

LONGEST_ISSUE: Final = 200


def decode(body: bytes, into: type[T]) -> T:
    """Read an answer, bare or wrapped as ``{"ok": true, "data": …}``.

    Args:
        body: The body of the answer.
        into: The model to read it into.

    Returns:
        The model.

    Raises:
        DecodingError: The answer breaks the contract; says where.
    """
    return structure(_unwrapped(decode_json(body)), into, body=body)


def decode_json(body: bytes, *, what: str = "answer") -> Any:
    """Read plain data.

    Args:
        body: The body of the answer; an empty one is ``None``.
        what: What to call it in an error.

    Returns:
        The data as it stands there.

    Raises:
        DecodingError: It is not JSON.
    """
    if not body:
        return None
    try:
        return read_document(body)
    except ValueError as error:
        reason = f"{type(error).__name__}: {error}"
    raise DecodingError(f"the {what} is not JSON ({reason})", path="$", body=body)


def structure(data: Any, into: type[T], *, body: bytes, what: str = "answer") -> T:
    """Make a model of plain data.

    Args:
        data: The data.
        into: The model.
        body: Where the data comes from, for the error.
        what: What to call it in an error.

    Returns:
        The model.

    Raises:
        DecodingError: The data breaks the contract; says where.
    """
    try:
        return _fast.structure(data, into)
    except UNFIT:
        path, issue = _explain(data, into)
    # It may hold a token, and a traceback shows the locals of the frame that raises.
    del data
    raise DecodingError(f"the {what} breaks the contract at {path}: {issue}", path=path, body=body)


def encode(fields: Mapping[str, object]) -> bytes:
    """Write a body.

    Args:
        fields: Values by their Python names; those that are ``UNSET`` are left out, and secrets are unwrapped.

    Returns:
        JSON, the names as the wire has them.

    Raises:
        InvalidArgumentError: A value cannot be written as JSON.
    """
    return encode_json(
        {
            camel_case(name): value.reveal() if isinstance(value, Secret) else value
            for name, value in fields.items()
            if value is not UNSET
        }
    )


def encode_json(value: object) -> bytes:
    """Write any JSON, its names as they are.

    Args:
        value: What to write; timestamps and enums become text.

    Returns:
        JSON.

    Raises:
        InvalidArgumentError: It cannot be written as JSON.
    """
    try:
        return SecretBytes(json.dumps(value, default=_plain_scalar, allow_nan=False, separators=(",", ":")).encode())
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error)
    raise InvalidArgumentError(f"this cannot be written as JSON: {reason}")


def to_plain(model: object) -> JSONObject:
    """Turn a model back into the wire's form, its unknown fields included."""
    plain: dict[str, JSONValue] = {}
    model_type: Any = type(model)
    for attribute in fields(model_type):
        value = getattr(model, attribute.name)
        if attribute.name == "extra":
            plain.update(value)
        elif value is None and getattr(model_type, "omits_null", False):
            continue
        elif attribute.init and value is not UNSET:
            plain[wire_name(attribute)] = _plain(value)
    return plain


def _plain(value: object) -> JSONValue:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in cast("dict[str, object]", value).items()}
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    return to_plain(value) if has(type(value)) else _plain_scalar(value)


def _plain_scalar(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone; give it one, for example datetime.now(UTC)")
        exact = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
        return value.astimezone(UTC).isoformat(timespec=exact).replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _unwrapped(data: Any) -> Any:
    # Never by `data` alone: events have a member of that name.
    document = as_object(data)
    return document["data"] if document.get("ok") is True and "data" in document else data


_fast = make_converter(detailed=False)


@lru_cache(maxsize=1)
def _detailed() -> Converter:
    return make_converter(detailed=True)


def _explain(data: Any, into: Any) -> tuple[str, str]:
    """Find the first fault: its path, and what is wrong there."""
    try:
        _detailed().structure(data, into)
    except BaseValidationError as error:
        return _first_fault(error, "$")
    except UNFIT as error:
        return "$", _issue(error)
    return "$", "it could not be read"


def _first_fault(error: BaseException, path: str) -> tuple[str, str]:
    if not isinstance(error, BaseValidationError):
        if isinstance(error, KeyError) and error.args:
            return f"{path}.{error.args[0]}", "it is missing"
        return path, _issue(error)
    inner = error.exceptions[0]
    for note in getattr(inner, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            # A KeyError names the missing member itself.
            path = path if isinstance(inner, KeyError) else f"{path}.{_wire_name_in(error.cl, note.name)}"
        elif isinstance(note, IterableValidationNote):
            path = f"{path}.{_cut(note.index)}" if isinstance(note.index, str) else f"{path}[{note.index}]"
    return _first_fault(inner, path)


def _wire_name_in(kind: Any, name: str) -> str:
    return wire_name(fields_dict(get_origin(kind) or kind)[name])


def _issue(error: BaseException) -> str:
    return _cut(str(error)) or type(error).__name__


def _cut(text: str) -> str:
    """Make a text of the server's fit for a message."""
    return redact(text[:LONGEST_ISSUE]).encode("utf-8", "replace").decode()
