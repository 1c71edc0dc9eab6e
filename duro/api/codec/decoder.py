"""Decoder of responses: bytes to plain data, plain data to models, errors with a JSON path.

A fast converter does the work. A detailed converter is many times slower.
It runs only after the fast one failed, to find the path of the first problem.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_origin

from attrs import fields_dict
from cattrs import AttributeValidationNote, BaseValidationError, IterableValidationNote

from ..._json_types import as_object
from ..._secrets import sanitize
from ...errors import DecodingError
from .converter import make_converter
from .strict_json import parse_json
from .structure_errors import STRUCTURE_ERRORS
from .wire_names import wire_name

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["decode", "decode_json", "structure"]

T = TypeVar("T")

MAX_PROBLEM_LENGTH: Final = 200


def decode(body: bytes, into: type[T]) -> T:
    """Decode a response body, bare or wrapped as ``{"ok": true, "data": …}``, into a model.

    Args:
        body: Response body.
        into: Class of the model.

    Returns:
        The model.

    Raises:
        DecodingError: The response breaks the contract. ``path`` is the place.
    """
    return structure(_unwrap(decode_json(body), body), into, body=body)


def decode_json(body: bytes, *, source: str = "response") -> Any:
    """Decode a response body into plain data.

    Args:
        body: Response body. An empty one is decoded as ``None``.
        source: Name of the data's source in error messages.

    Returns:
        The data, wrapped or bare as received.

    Raises:
        DecodingError: The body is not JSON.
    """
    if not body:
        return None
    try:
        return parse_json(body)
    except ValueError as error:
        reason = f"{type(error).__name__}: {error}"
    raise DecodingError(f"the {source} is not JSON ({reason})", path="$", body=body)


def structure(data: Any, into: type[T], *, body: bytes, source: str = "response") -> T:
    """Convert plain data into a model.

    Args:
        data: Plain data, as decoded from JSON.
        into: Class of the model.
        body: Bytes from which the data was decoded. The error keeps them.
        source: Name of the data's source in error messages.

    Returns:
        The model.

    Raises:
        DecodingError: The data breaks the contract. ``path`` is the place.
    """
    try:
        return _fast.structure(data, into)
    except STRUCTURE_ERRORS:
        path, problem = _find_problem(data, into)
    # The data may hold a token, and a traceback with locals shows this frame.
    del data
    raise DecodingError(f"the {source} breaks the contract at {path}: {problem}", path=path, body=body)


def _unwrap(data: Any, body: bytes) -> Any:
    # The member "data" alone is not enough: events have a member of that name.
    document = as_object(data)
    if document.get("ok") is False:
        # The pipeline raises the error of such a response. It does not recognize an unusual spelling.
        raise DecodingError('the response reports a failure ("ok" is false)', path="$.ok", body=body)
    return document["data"] if document.get("ok") is True and "data" in document else data


_fast = make_converter(detailed=False)


@lru_cache(maxsize=1)
def _detailed() -> Converter:
    return make_converter(detailed=True)


def _find_problem(data: Any, into: Any) -> tuple[str, str]:
    """Return the JSON path of the first problem, and its description."""
    try:
        _detailed().structure(data, into)
    except BaseValidationError as error:
        return _locate(error, "$")
    except STRUCTURE_ERRORS as error:
        return "$", _describe(error)
    return "$", "it could not be converted"


def _locate(error: BaseException, path: str) -> tuple[str, str]:
    if not isinstance(error, BaseValidationError):
        if isinstance(error, KeyError) and error.args:
            return f"{path}.{error.args[0]}", "it is missing"
        return path, _describe(error)
    inner = error.exceptions[0]
    for note in getattr(inner, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            # A KeyError holds the name of the missing member already.
            path = path if isinstance(inner, KeyError) else f"{path}.{_wire_name_in(error.cl, note.name)}"
        elif isinstance(note, IterableValidationNote):
            path += _format_index(note.index)
    return _locate(inner, path)


def _format_index(index: object) -> str:
    return f".{sanitize(index, max_chars=MAX_PROBLEM_LENGTH)}" if isinstance(index, str) else f"[{index}]"


def _wire_name_in(kind: Any, name: str) -> str:
    return wire_name(fields_dict(get_origin(kind) or kind)[name])


def _describe(error: BaseException) -> str:
    return sanitize(str(error), max_chars=MAX_PROBLEM_LENGTH) or type(error).__name__
