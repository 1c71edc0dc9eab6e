"""Classification of responses as pure functions: sender, and meaning for the outcome of a write.

A response counts as the API's only if it has the API's shape. Any other error
response is a foreign one. It comes from a gateway, a load balancer, a proxy or a
login page, and does not describe what the API did.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from .._json_types import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import Response

__all__ = ["Classification", "classify", "find_api_error", "is_in_doubt_after", "parse_document"]

# A larger body is not parsed, because a response is classified several times.
MAX_DOCUMENT_BYTES: Final = 1 << 20

_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
_OK_FALSE: Final = re.compile(rb'"ok"\s*:\s*false')
_STATUS_BY_CODE: Final[Mapping[str, int]] = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "validation_error": 422,
    "rate_limited": 429,
    "internal_error": 500,
}
_CONCLUSIVE_STATUSES: Final = frozenset({400, 404, 422})
# Server errors with which the API itself rejects its own attempt.
_API_REJECTION_STATUSES: Final = frozenset({500, 503})


@frozen
class Classification:
    """Meaning of a response.

    Attributes:
        status: HTTP status. For an error in a 2xx response, the status of its error code.
        is_success: Whether the request was processed.
        is_from_api: Whether an error response has the API's shape. It is true for a success, whose body is checked
            when it is decoded.
    """

    status: int
    is_success: bool
    is_from_api: bool

    @property
    def is_conclusive(self) -> bool:
        """Whether the response settles the outcome of a write, also after lost attempts.

        All attempts share an idempotency key, and the API repeats its first
        response under that key. A success or a rejection of the request itself
        therefore applies to all attempts. A server error, a rate limit or a rejected
        credential applies only to its own attempt. So does a conflict, which may be
        a conflict with the lost attempt. A foreign response settles nothing: the
        gateway may have a wrong route while the API processed an earlier attempt.
        """
        return self.is_success or (self.is_from_api and self.status in _CONCLUSIVE_STATUSES)

    @property
    def leaves_open(self) -> bool:
        """Whether the response leaves the outcome of its own attempt open.

        A gateway sends a 5xx or a 408 also after it has forwarded the request. The
        contract defines 500 as a response of the API itself, and with 503 the API
        does not process the request. Other statuses that the contract does not
        define leave the outcome open, also in the API's shape.
        """
        if self.is_from_api and self.status in _API_REJECTION_STATUSES:
            return False
        return not self.is_success and (self.status >= 500 or self.status == 408)

    @property
    def is_proxy_rejection(self) -> bool:
        """Whether a proxy requires authentication, so that it did not forward the request."""
        return self.status == 407 and not self.is_from_api


def classify(response: Response) -> Classification:
    """Classify a response by its status and its shape.

    An error code has the contract's spelling: lower-case words that are joined by
    underscores. A new code in that spelling counts as the API's, because the list
    of codes may grow. Gateways that have an envelope of the same form use numbers
    or upper-case codes.

    Args:
        response: Response of any sender.

    Returns:
        The meaning of the response.
    """
    if response.status >= 300:
        is_from_api = find_api_error(parse_document(response.body)) is not None
        return Classification(response.status, is_success=False, is_from_api=is_from_api)
    # The search is fast and clears nearly all responses. Only the others are parsed.
    if _OK_FALSE.search(response.body):
        document = parse_document(response.body)
        if document.get("ok") is False and "error" in document:
            code = (find_api_error(document) or {}).get("code", "")
            status = _STATUS_BY_CODE.get(code, response.status)
            return Classification(status, is_success=False, is_from_api=True)
    return Classification(response.status, is_success=True, is_from_api=True)


def is_in_doubt_after(response: Response, *, was_in_doubt: bool, is_mutation: bool) -> bool:
    """Return whether a call is in doubt after a response.

    Args:
        response: Response to the last attempt.
        was_in_doubt: Whether an earlier attempt may have been processed without a response.
        is_mutation: Whether the operation changes data.

    Returns:
        Whether a write may have been processed although its outcome is unknown.
    """
    if not (is_mutation or was_in_doubt):
        return False
    classification = classify(response)
    if classification.is_conclusive:
        return False
    return was_in_doubt or (is_mutation and classification.leaves_open)


def parse_document(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. This does not raise for any body.

    Args:
        body: Response body.

    Returns:
        The object, empty if the body is something else or larger than 1 MiB.
    """
    if len(body) > MAX_DOCUMENT_BYTES:
        return {}
    try:
        return as_object(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def find_api_error(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the error object of a document in the API's shape, ``{"error": {"code", "message", "details"}}``.

    Args:
        document: Decoded response body.

    Returns:
        The error object, ``None`` if the document does not have the API's shape.
    """
    error = as_object(document.get("error"))
    code = error.get("code")
    return error if isinstance(code, str) and _CODE.fullmatch(code) else None
