"""Bodies of the control routes: strict request bodies, and JSON with camelCase names."""

from __future__ import annotations

from typing import TypeVar

from attrs import AttrsInstance, asdict
from starlette.requests import Request

from ..._json_types import JSONValue, camel_case
from ..validation import parse_json, structure

__all__ = ["read_body", "to_json"]

Shape = TypeVar("Shape", bound=AttrsInstance)


async def read_body(request: Request, shape: type[Shape]) -> Shape:
    """Parse and validate the body of a control request.

    Args:
        request: Request with a JSON object, or with an empty body.
        shape: Class that declares the members and their rules.

    Raises:
        ApiError: The body is not JSON (400), breaks a rule, or has an unknown member (422).
    """
    # A misspelt member would change the meaning of the request: without its token, a revocation revokes all tokens.
    return structure(shape, parse_json(await request.body()), allow_unknown=False)


def to_json(value: AttrsInstance) -> dict[str, JSONValue]:
    """Return the members of a record, with the API's spelling of their names."""
    return {camel_case(name): member for name, member in asdict(value).items()}
