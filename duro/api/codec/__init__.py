"""JSON codec of the API: ``decode`` reads responses into models, ``encode`` writes request bodies.

- ``strict_json`` parses JSON by RFC 8259, with limits on depth and numbers.
- ``converter`` creates the cattrs converters, with hooks for exact types, timestamps, enums and lists.
- ``model_hooks`` creates the hooks of models: camelCase names, unknown fields kept.
- ``generated_hooks`` creates the fastest of them, from generated source.
- ``decoder`` turns bytes into models, and reports the JSON path of the first problem.
- ``encoder`` turns Python values and models into JSON.
- ``python_names`` converts models into dicts with Python names, and back.
- ``open_enum`` holds the base class of all enums.
"""

from .decoder import decode, decode_json, structure
from .encoder import encode, encode_json, to_plain
from .open_enum import OpenEnum
from .python_names import to_python, to_wire_names

__all__ = [
    "OpenEnum",
    "decode",
    "decode_json",
    "encode",
    "encode_json",
    "structure",
    "to_plain",
    "to_python",
    "to_wire_names",
]
