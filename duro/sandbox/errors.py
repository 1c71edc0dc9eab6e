"""Errors of the API, raised wherever a rule is broken and shaped as the contract describes."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Final

from .._json_types import JSONObject, JSONValue

__all__ = ["ApiError", "DiskFullError", "ResponseError"]

_CODES: Final[Mapping[int, str]] = {
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


class ResponseError(Exception):
    """Error that a request gets as its response; raising it rolls back the effects of the request.

    Attributes:
        status: HTTP status. It selects the error code.
        message: Sentence for people. It never repeats the request, which may contain a secret.
        details: Invalid fields, each as ``{"path", "issue"}``.
    """

    def __init__(self, status: int, message: str, details: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    @property
    def code(self) -> str:
        """Error code for programs, such as ``not_found``."""
        return _CODES.get(self.status, _CODES[500] if self.status >= 500 else _CODES[400])

    def to_json(self) -> JSONObject:
        """Return the body of the error response."""
        error: dict[str, JSONValue] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class ApiError(ResponseError):
    """Refusal of the API, because a rule is broken. In Python code it becomes an error of the argument."""


class DiskFullError(ResponseError, OSError):
    """The disk is full, and the transaction was rolled back. Requests get 507, and Python code gets an ``OSError``.

    Its ``errno`` is ``errno.ENOSPC``.

    Args:
        temporary_folder: Folder of the temporary database that did not fit, ``None`` for a database file.
    """

    def __init__(self, temporary_folder: str | None = None) -> None:
        message = "The disk is full, and nothing was changed; free space, and retry."
        if temporary_folder is not None:
            message = (
                f"The disk is full, and nothing was changed. Temporary files are in {temporary_folder}; "
                "pass database= with a file on another disk, or set SQLITE_TMPDIR (on Windows TMP), "
                "or free space, and retry."
            )
        super().__init__(507, message)
        OSError.__init__(self, errno.ENOSPC, self.message)
