"""Results of calls as plain data, with their secrets masked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import fields

from ..._json_types import camel_case
from ...api.codec import to_plain
from ...api.models.base import SecretModel
from ...api.models.events import EventPayload
from ...api.models.reprs import hide, mask
from ...auth.token import Token
from ...errors import redact

if TYPE_CHECKING:
    from ..._json_types import JSONObject, JSONValue

__all__ = ["MASK", "to_document"]

MASK: Final = "********"


def to_document(result: object, *, reveal: bool) -> JSONObject:
    """Convert a result to plain data with the names of the API.

    Args:
        result: Model of a response.
        reveal: Whether to leave secrets as they are.

    Returns:
        A JSON object.
    """
    if isinstance(result, Token):
        token = result.access_token if reveal else MASK
        return {"accessToken": token, "tokenType": result.token_type, "expiresIn": result.expires_in}
    if isinstance(result, EventPayload):
        # The body itself, because the event may lack members that this release does not know.
        return cast("JSONObject", json.loads(result.body))
    document = to_plain(result)
    return document if reveal else _mask_secrets(result, document)


def _mask_secrets(model: object, document: JSONObject) -> JSONObject:
    masked = cast("dict[str, JSONValue]", _redact(document))
    if isinstance(model, SecretModel):
        attributes: tuple[Any, ...] = fields(type(model))
        for attribute in attributes:
            name = camel_case(attribute.name)
            if attribute.repr in (hide, mask) and masked.get(name) is not None:
                masked[name] = MASK
    return masked


def _redact(value: JSONValue) -> JSONValue:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _redact(member) for name, member in value.items()}
    return [_redact(item) for item in value] if isinstance(value, list) else value
