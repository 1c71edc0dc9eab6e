"""Exceptions of error responses, one class for each status of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from .base import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ErrorDetail",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTimeoutError",
    "ValidationError",
]

# Statuses that another attempt can change. 520 to 524 are those of Cloudflare.
TRANSIENT_SERVER_STATUSES: Final = frozenset({500, 502, 503, 504, *range(520, 525)})


class ErrorDetail(NamedTuple):
    """One invalid field of a request, as a validation error lists it.

    Attributes:
        path: Path of the field, such as ``amount``.
        issue: Description of the problem.
    """

    path: str
    issue: str


class APIError(CallError):
    """Error response of the API, or of a gateway or proxy in front of it.

    Attributes:
        status: HTTP status. By default, the status of the class.
        code: Error code for programs, such as ``conflict``; ``None`` if the response did not come from the API.
        message: Error message for people.
        details: Invalid fields of the request, for a validation error.
        request_id: Id that the server gave to the request, ``None`` without one.
        idempotency_key: Idempotency key of the call, ``None`` for a read.
        headers: Response headers without those that may contain a secret. The names are in lower case.
        body: Response body on one line, at most 2,000 characters, with secrets masked.
    """

    by_status: ClassVar[dict[int, type[APIError]]] = {}
    default_status: ClassVar[int] = 0

    _verb = "returned"

    def __init_subclass__(cls, status: int | None = None) -> None:
        super().__init_subclass__()
        if status is not None:
            APIError.by_status[status] = cls
            cls.default_status = status

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        details: Sequence[ErrorDetail] = (),
        request_id: str | None = None,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: str = "",
    ) -> None:
        super().__init__(message)
        # Celery's JSON results contain the message only, and create the error from it.
        self.status: int = self.default_status if status is None else status
        self.code = code
        self.message = message
        self.details: tuple[ErrorDetail, ...] = tuple(details)
        self.request_id = request_id
        self.idempotency_key = idempotency_key
        self.headers: Mapping[str, str] = dict(headers or {})
        self.body = body

    def _describe(self) -> str:
        more = [f"{detail.path}: {detail.issue}" for detail in self.details]
        if self.request_id:
            more.append(f"request {self.request_id}")
        sentence = f"{self.status} {self.code or 'error'}: {self.message}"
        return "; ".join([sentence.rstrip("."), *more]) if more else sentence

    def _get_fields(self) -> dict[str, object]:
        fields = super()._get_fields()
        # It is the first argument.
        del fields["message"]
        return fields


class BadRequestError(APIError, status=400):
    """Malformed request."""


class AuthenticationError(APIError, status=401):
    """Missing or invalid credential."""


class PermissionDeniedError(APIError, status=403):
    """Valid credential that does not permit the operation."""


class NotFoundError(APIError, status=404):
    """Object that does not exist, or that belongs to another merchant or mode."""


class RequestTimeoutError(APIError, status=408):
    """Request of a read that did not reach the server in time. A write raises ``OutcomeUnknownError``."""

    @property
    def is_transient(self) -> bool:
        """``True``: another request may arrive in time."""
        return True


class ConflictError(APIError, status=409):
    """Duplicate, or a change that the present state of the object does not allow."""


class ValidationError(APIError, status=422):
    """Request body with invalid fields, listed in ``details``; nothing was changed."""


class RateLimitError(APIError, status=429):
    """Request above the rate limit.

    Attributes:
        retry_after: Seconds to wait, from the ``Retry-After`` header; ``None`` without one.
    """

    retry_after: float | None = None

    @property
    def is_transient(self) -> bool:
        """``True``: the limit ends."""
        return True


class InternalServerError(APIError):
    """Server error (any 5xx). A write raises it only for a 500 or 503 of the API, else ``OutcomeUnknownError``."""

    default_status = 500

    @property
    def is_transient(self) -> bool:
        """Whether it may help to run the job again. It is false for statuses such as 501."""
        # An error in a 2xx response has the class of its code.
        return self.status < 500 or self.status in TRANSIENT_SERVER_STATUSES
