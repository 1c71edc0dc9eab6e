"""Outcomes of attempts, and operations that write."""

from __future__ import annotations

import json

from duro.http.operation import Operation
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, ResponseLostError

LOST = ResponseLostError("the connection was reset")


NOT_SENT = RequestNotSentError("connection refused")


MUTATIONS = [Operation("op", method, "/v1/things") for method in ("POST", "PUT", "PATCH", "DELETE")]


CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "validation_error",
    429: "rate_limited",
    500: "internal_error",
}


def api_error(status, *lines, code=None, message="the words of the API"):
    """Return an error response in the shape of the API."""
    error = {"code": code or CODES.get(status, "unlisted"), "message": message}
    return response(status, json.dumps({"error": error}).encode(), *lines)


def response(status=200, body=b"{}", *lines):
    return Response(status, Headers.from_lines(lines), body)
