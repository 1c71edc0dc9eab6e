"""What the API answers: results and refusals, in the contract's shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen
from starlette.responses import Response

from ..._json import JSONValue

__all__ = ["ApiError", "ApiResponse"]

CODES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    422: "validation_error",
    429: "rate_limited",
    500: "internal_error",
}


@frozen
class ApiResponse:
    """A status and the exact bytes of a JSON body, as they are sent and replayed."""

    status: int
    body: bytes

    @classmethod
    def of(cls, value: JSONValue, status: int = 200) -> ApiResponse:
        """Encode a value.

        Args:
            value: What the body says.
            status: The HTTP status.

        Returns:
            The answer, its body written without spare spaces.
        """
        return cls(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Make the answer ready for Starlette."""
        response = Response(self.body, self.status, headers, media_type="application/json")
        if self.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response


class ApiError(Exception):
    """The API says no; whatever the call did so far is undone.

    Attributes:
        status: The HTTP status; it decides the machine's word for the refusal.
        message: The sentence for people. It repeats nothing that the caller sent, since that may be a secret.
        details: The fields at fault, each as ``{"path", "issue"}``.
    """

    def __init__(self, status: int, message: str, details: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    def answer(self) -> ApiResponse:
        """Give the refusal the contract's shape."""
        code = CODES.get(self.status, CODES[500] if self.status >= 500 else CODES[400])
        error: dict[str, JSONValue] = {"code": code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return ApiResponse.of({"error": error}, self.status)
