"""Outcomes of attempts, and operations that write."""

from __future__ import annotations

from duro.http.operation import Operation
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, ResponseLostError

LOST = ResponseLostError("the connection was reset")


NOT_SENT = RequestNotSentError("connection refused")


MUTATIONS = [Operation("op", method, "/v1/things") for method in ("POST", "PUT", "PATCH", "DELETE")]


def response(status=200, body=b"{}", *lines):
    return Response(status, Headers(lines), body)
