"""JSON codec of the API: ``decode`` reads responses into models, ``encode`` writes request bodies.

- ``strict_json`` parses JSON by RFC 8259, with limits on depth and numbers.
- ``converter`` builds the cattrs converters: exact types, camelCase names, unknown fields kept.
- ``decoder`` turns bytes into models, and reports the JSON path of the first problem.
- ``encoder`` turns Python values and models into JSON.
- ``open_enum`` holds the base class of all enums.
"""

from .decoder import decode, decode_json, structure
from .encoder import encode, encode_json, to_plain
from .open_enum import OpenEnum

__all__ = ["OpenEnum", "decode", "decode_json", "encode", "encode_json", "structure", "to_plain"]
