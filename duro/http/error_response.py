"""From an answer that refuses to the error that the caller catches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from .._json import as_object
from ..errors import APIError, ErrorDetail, InternalServerError, RateLimitError, redact
from .request import NO_HEADERS
from .retry import retry_after_of

if TYPE_CHECKING:
    from .request import Headers, Response

__all__ = ["Refusal", "api_error", "read_refusal"]

_MASK: Final = "…".encode()
_LONGEST_TEXT: Final = 1_000
_MOST_DETAILS: Final = 100


class Refusal:
    """What a refusing answer says, in either of the two shapes that Duro speaks.

    The API's shape is ``{"error": {"code", "message", "details"}}``, that of
    OAuth (RFC 6749) is ``{"error": "…", "error_description": "…"}``.
    """

    __slots__ = ("code", "details", "message")

    def __init__(self, *, code: str | None, message: str | None, details: tuple[ErrorDetail, ...] = ()) -> None:
        self.code = code
        self.message = message
        self.details = details


def read_refusal(body: bytes, *, secret: bytes = b"") -> Refusal:
    """Read a refusing answer; whatever it holds, this raises nothing.

    Args:
        body: The body of the answer.
        secret: What the request proved itself with, which some servers repeat.

    Returns:
        What the answer says, all secrets masked.
    """
    try:
        document: Any = json.loads(body.replace(secret, _MASK) if secret else body)
    except (ValueError, RecursionError):
        return Refusal(code=None, message=None)
    error = as_object(document).get("error")
    if isinstance(error, str):
        return Refusal(code=_text(error), message=_text(as_object(document).get("error_description")))
    return Refusal(
        code=_text(as_object(error).get("code")),
        message=_text(as_object(error).get("message")),
        details=_details(as_object(error).get("details")),
    )


def api_error(
    answer: Response, *, credential: Headers = NO_HEADERS, idempotency_key: str | None, wall: float
) -> APIError:
    """Make the error for an answer that is no success.

    Args:
        answer: The answer.
        credential: The headers that proved who called.
        idempotency_key: The key of the call.
        wall: The time of day in seconds since the epoch, for a ``Retry-After`` date.

    Returns:
        The error, of the class that belongs to the status.
    """
    refusal = read_refusal(answer.body, secret=credential.credential_headers())
    error = _class_for(answer.status)(
        refusal.message or _silent(answer.status),
        status=answer.status,
        code=refusal.code,
        details=refusal.details,
        request_id=answer.request_id,
        idempotency_key=idempotency_key,
    )
    if isinstance(error, RateLimitError):
        error.retry_after = retry_after_of(answer.headers, wall=wall)
    return error


def _class_for(status: int) -> type[APIError]:
    if status >= 500:
        return InternalServerError
    return APIError.by_status.get(status, APIError)


def _silent(status: int) -> str:
    if 300 <= status < 400:
        return "the API answered with a redirect, which is never followed; check base_url"
    return "the API refused the request and gave no reason"


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    # A lone surrogate can be neither printed nor logged.
    return redact(value)[:_LONGEST_TEXT].encode("utf-8", "replace").decode()


def _details(value: Any) -> tuple[ErrorDetail, ...]:
    entries = cast("list[object]", value)[:_MOST_DETAILS] if isinstance(value, list) else []
    return tuple(
        ErrorDetail(_text(as_object(entry).get("path")) or "", _text(as_object(entry).get("issue")) or "")
        for entry in entries
    )
