"""Responses of the API: a status and the exact bytes of a JSON body."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen
from starlette.responses import Response

from ..._json_types import JSONValue
from ..errors import ApiError, ResponseError
from ..invariants.errors import StrictError
from ..representation import encode_json

__all__ = ["ApiResponse"]


@frozen
class ApiResponse:
    """Response with the exact bytes of its body, so that a repeat sends the same bytes.

    Attributes:
        status: HTTP status.
        body: JSON, encoded.
    """

    status: int
    body: bytes

    @classmethod
    def of(cls, value: JSONValue, status: int = 200) -> ApiResponse:
        """Create a response from a JSON value.

        Args:
            value: Body.
            status: HTTP status.

        Returns:
            The response, with compact JSON as its body.
        """
        return cls(status, encode_json(value))

    @classmethod
    def from_error(cls, error: ResponseError) -> ApiResponse:
        """Create the response that reports an error."""
        return cls.of(error.to_json(), error.status)

    @classmethod
    def from_violation(cls, error: StrictError) -> ApiResponse:
        """Create the response of a strict sandbox to a request that breaks an invariant."""
        return cls.from_error(ApiError(500, f"The sandbox broke an invariant: {error}."))

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Create the Starlette response.

        Args:
            headers: Headers to add.

        Returns:
            The response, with ``WWW-Authenticate`` if its status is 401.
        """
        response = Response(self.body, self.status, headers, media_type="application/json")
        if self.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response
