"""JSON shapes of the API: one function for each kind of row."""

from __future__ import annotations

import json

from .._json import JSONValue

__all__ = ["encode_json"]


def encode_json(value: JSONValue) -> bytes:
    """Encode a value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
