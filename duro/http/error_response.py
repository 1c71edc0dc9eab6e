"""Parsing of error responses into the exceptions that callers catch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from .._json_types import as_object
from .._secrets import sanitize
from ..errors import APIError, ErrorDetail, InternalServerError, RateLimitError
from .request import NO_HEADERS
from .retry import get_retry_after

if TYPE_CHECKING:
    from .request import Headers, Response

__all__ = ["ErrorDescription", "build_api_error", "parse_error_response"]

_MASK: Final = "…".encode()
MAX_TEXT_CHARS: Final = 1_000
MAX_DETAILS: Final = 100


class ErrorDescription:
    """Content of an error response, in either of the two shapes that Duro uses.

    The shape of the API is ``{"error": {"code", "message", "details"}}``. The
    shape of OAuth (RFC 6749) is ``{"error": "…", "error_description": "…"}``.

    Args:
        code: Error code for programs, ``None`` if the response lacks it.
        message: Error message for people, ``None`` if the response lacks it.
        details: Invalid fields of the request.
    """

    __slots__ = ("code", "details", "message")

    def __init__(self, *, code: str | None, message: str | None, details: tuple[ErrorDetail, ...] = ()) -> None:
        self.code: str | None = code
        self.message: str | None = message
        self.details: tuple[ErrorDetail, ...] = details


def parse_error_response(body: bytes, *, secret: bytes = b"") -> ErrorDescription:
    """Parse the body of an error response. This does not raise for any body.

    Args:
        body: Response body.
        secret: Secret of the request, which some servers repeat in their message.

    Returns:
        The content of the response, with all secrets masked.
    """
    try:
        document: Any = json.loads(body.replace(secret, _MASK) if secret else body)
    except (ValueError, RecursionError):
        return ErrorDescription(code=None, message=None)
    error = as_object(document).get("error")
    if isinstance(error, str):
        return ErrorDescription(
            code=_clean(error),
            message=_clean(as_object(document).get("error_description")),
        )
    return ErrorDescription(
        code=_clean(as_object(error).get("code")),
        message=_clean(as_object(error).get("message")),
        details=_parse_details(as_object(error).get("details")),
    )


def build_api_error(
    response: Response, *, credential: Headers = NO_HEADERS, idempotency_key: str | None, wall: float
) -> APIError:
    """Build the exception for an error response.

    Args:
        response: Response with a status other than 2xx.
        credential: Headers that authenticated the request.
        idempotency_key: Idempotency key of the call.
        wall: Wall-clock time in seconds since the epoch, for a ``Retry-After`` date.

    Returns:
        The exception, of the class for the status.
    """
    description = parse_error_response(response.body, secret=credential.extract_secret())
    error = _class_for(response.status)(
        description.message or _default_message(response.status),
        status=response.status,
        code=description.code,
        details=description.details,
        request_id=response.request_id,
        idempotency_key=idempotency_key,
    )
    if isinstance(error, RateLimitError):
        error.retry_after = get_retry_after(response.headers, wall=wall)
    return error


def _class_for(status: int) -> type[APIError]:
    if status >= 500:
        return InternalServerError
    return APIError.by_status.get(status, APIError)


def _default_message(status: int) -> str:
    if 300 <= status < 400:
        return "the API returned a redirect, and redirects are not followed; check base_url"
    return "the API rejected the request without a message"


def _clean(value: Any) -> str | None:
    return sanitize(value, max_chars=MAX_TEXT_CHARS) if isinstance(value, str) and value else None


def _parse_details(value: Any) -> tuple[ErrorDetail, ...]:
    entries = cast("list[object]", value)[:MAX_DETAILS] if isinstance(value, list) else []
    return tuple(
        ErrorDetail(_clean(as_object(entry).get("path")) or "", _clean(as_object(entry).get("issue")) or "")
        for entry in entries
    )
