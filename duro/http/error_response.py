"""Parsing of error responses into the exceptions that callers catch."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final, cast

from .._json_types import as_object
from .._redaction import redact_members
from .._secrets import sanitize
from ..errors import APIError, ErrorDetail, InternalServerError, RateLimitError
from .classification import classify, parse_document
from .request import NO_HEADERS
from .retry import get_retry_after

if TYPE_CHECKING:
    from .request import Headers, Response

__all__ = ["ErrorDescription", "build_api_error", "describe_foreign_response", "parse_error_response"]

_MASK: Final = "…".encode()
MAX_TEXT_CHARS: Final = 1_000
MAX_DETAILS: Final = 100
MAX_BODY_CHARS: Final = 2_000
MAX_PAGE_CHARS: Final = 80
# Part of a page that is searched for its first words. It bounds the time for a page of megabytes.
MAX_PAGE_BYTES: Final = 16_384

# Each alternative may end at the end of the page, so that an unclosed one does not cost quadratic time.
_MARKUP: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[!/?a-z][^>]*(?:>|\Z)|<\Z", re.DOTALL | re.IGNORECASE
)


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
    document = parse_document(body.replace(secret, _MASK) if secret else body)
    error = document.get("error")
    if isinstance(error, str):
        return ErrorDescription(code=_clean(error), message=_clean(document.get("error_description")))
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
    secret = credential.extract_secret()
    classification = classify(response)
    description = _describe(response, secret=secret) if classification.is_from_api else None
    error = _class_for(classification.status)(
        description.message or "the API rejected the request without a message"
        if description
        else describe_foreign_response(response, secret=secret),
        status=response.status,
        code=description.code if description else None,
        details=description.details if description else (),
        request_id=response.request_id,
        idempotency_key=idempotency_key,
        headers=response.headers.to_safe_dict(),
        body=_describe_body(response.body, secret=secret),
    )
    if isinstance(error, RateLimitError):
        error.retry_after = get_retry_after(response.headers, wall=wall)
    return error


def describe_foreign_response(response: Response, *, secret: bytes = b"") -> str:
    """Return the message for an error response that does not have the API's shape.

    Args:
        response: Error response of a gateway, a proxy or another server.
        secret: Secret of the request, which some servers repeat on their page.

    Returns:
        The message, with the first words of the page and advice.
    """
    if response.status == 407:
        return (
            "the proxy requires authentication and refused the request, so nothing reached the API; "
            "check the user name and the password of the proxy"
        )
    if 300 <= response.status < 400:
        return "the response is a redirect, and redirects are not followed; check base_url"
    words = _extract_words(response.body, secret=secret)
    if words:
        start = f"it begins with {words!r}"
    else:
        start = "its body contains only markup" if response.body.strip() else "its body is empty"
    if response.status >= 500 or response.status == 408:
        advice = "a gateway or proxy in front of the API failed, and may work again later"
    else:
        advice = "check base_url and the proxy settings"
    return f"the response did not come from the API ({start}); {advice}"


def _describe_body(body: bytes, *, secret: bytes) -> str:
    """Return the start of a body as text on one line, without secrets."""
    masked = body.replace(secret, _MASK) if secret else body
    text = masked[: MAX_BODY_CHARS + MAX_PAGE_BYTES].decode("utf-8", "replace")
    return sanitize(redact_members(text), max_chars=MAX_BODY_CHARS)


def _extract_words(body: bytes, *, secret: bytes) -> str:
    """Return the first words of a page without its markup."""
    # The secret is masked first, because the cut could split it.
    masked = body.replace(secret, _MASK) if secret else body
    text = html.unescape(_MARKUP.sub(" ", masked[:MAX_PAGE_BYTES].decode("utf-8", "replace")))
    return sanitize(" ".join(text.split()), max_chars=MAX_PAGE_CHARS).strip()


def _describe(response: Response, *, secret: bytes) -> ErrorDescription:
    description = parse_error_response(response.body, secret=secret)
    if response.status < 300 and isinstance(parse_document(response.body).get("error"), str):
        # {"ok": false, "error": "…"}: the text is a message for people. In OAuth's shape, it would be a code.
        return ErrorDescription(code=None, message=description.code)
    return description


def _class_for(status: int) -> type[APIError]:
    if status >= 500:
        return InternalServerError
    return APIError.by_status.get(status, APIError)


def _clean(value: Any) -> str | None:
    return sanitize(value, max_chars=MAX_TEXT_CHARS) if isinstance(value, str) and value else None


def _parse_details(value: Any) -> tuple[ErrorDetail, ...]:
    entries = cast("list[object]", value)[:MAX_DETAILS] if isinstance(value, list) else []
    return tuple(
        ErrorDetail(_clean(as_object(entry).get("path")) or "", _clean(as_object(entry).get("issue")) or "")
        for entry in entries
    )
