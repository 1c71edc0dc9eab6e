"""Exceptions of the package.

Each message states the problem and then how to fix it. No error contains a
secret. Response bodies that may contain one are not kept, and text from a
server is passed through ``redact`` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from ._redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ClientSecretError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "CredentialsRejectedError",
    "DeadlineExceededError",
    "DecodingError",
    "DuroError",
    "ErrorDetail",
    "InternalServerError",
    "InvalidArgumentError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PayloadError",
    "PermissionDeniedError",
    "RateLimitError",
    "SignatureMismatchError",
    "SignatureMissingError",
    "TimestampError",
    "TokenExchangeError",
    "TransportError",
    "ValidationError",
    "WebhookError",
    "redact",
]


class ErrorDetail(NamedTuple):
    """One invalid field of a request, as a validation error lists it.

    Attributes:
        path: Path of the field, such as ``amount``.
        issue: Description of the problem.
    """

    path: str
    issue: str


class DuroError(Exception):
    """Base class of all errors of this package."""

    def __reduce__(self) -> tuple[Callable[..., DuroError], tuple[object, ...]]:
        # Task queues pickle errors. The default of Exception would call the
        # class with args alone and lose the keyword-only arguments.
        state = dict(self.__dict__)
        if "__notes__" in state:
            # A note on a copy must not appear on the original.
            state["__notes__"] = list(state["__notes__"])
        return _restore, (type(self), self.args, state)


def _restore(kind: type[DuroError], args: tuple[object, ...], state: Mapping[str, object]) -> DuroError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(DuroError):
    """Invalid settings of a client; nothing was sent."""


class InvalidArgumentError(ConfigurationError, ValueError):
    """Invalid argument of a call; nothing was sent."""


class ClientClosedError(DuroError):
    """Call of a client that is closed."""


class TransportError(DuroError):
    """Call without a response, or with a response above ``max_response_bytes``.

    Attributes:
        idempotency_key: Idempotency key of the call, ``None`` for a read.
        attempts: Number of times that the request was sent or tried.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None, attempts: int = 0) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key
        self.attempts = attempts


class ConnectionFailedError(TransportError):
    """Connection that could not be established, or that the proxy refused, so that nothing reached the API."""


class DeadlineExceededError(TransportError):
    """Call that did not end before its deadline, and that cannot have changed anything."""


class OutcomeUnknownError(TransportError):
    """Write that was sent and may have been processed.

    The response was lost or could not be decoded, or a gateway returned a 5xx
    or a 408. It is safe to repeat the call with
    ``idempotency_key=error.idempotency_key``. The API then returns the first
    response if the write was processed, and processes the write if not. If the
    response could not be decoded, ``__cause__`` is the ``DecodingError``.
    """


class TokenExchangeError(DuroError):
    """Rejection by the token endpoint, or an invalid response from it (``POST /v1/oauth/token``).

    Attributes:
        status: HTTP status, ``None`` without a response.
        code: Error code of the API, or OAuth ``error``; ``None`` if the response has neither.
        retry_after: Seconds to wait, from the ``Retry-After`` header; ``None`` without one.
        request_id: Id that the server gave to the exchange, ``None`` without one.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id


class ClientSecretError(TokenExchangeError):
    """Failure of the callable that was passed as ``client_secret=``. ``__cause__`` is its exception."""


class APIError(DuroError):
    """Error response of the API, or of a gateway or proxy in front of it.

    Attributes:
        status: HTTP status.
        code: Error code for programs, such as ``conflict``; ``None`` if the response did not come from the API.
        message: Error message for people.
        details: Invalid fields of the request, for a validation error.
        request_id: Id that the server gave to the request, ``None`` without one.
        idempotency_key: Idempotency key of the call, ``None`` for a read.
        give_up_reason: Reason why the client stopped retrying, ``None`` if a retry cannot help.
    """

    by_status: ClassVar[dict[int, type[APIError]]] = {}

    give_up_reason: str | None = None

    def __init_subclass__(cls, status: int | None = None) -> None:
        super().__init_subclass__()
        if status is not None:
            APIError.by_status[status] = cls

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        details: Sequence[ErrorDetail] = (),
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details: tuple[ErrorDetail, ...] = tuple(details)
        self.request_id = request_id
        self.idempotency_key = idempotency_key

    def __str__(self) -> str:
        more = [f"{detail.path}: {detail.issue}" for detail in self.details]
        if self.request_id:
            more.append(f"request {self.request_id}")
        if self.give_up_reason:
            more.append(self.give_up_reason)
        sentence = f"{self.status} {self.code or 'error'}: {self.message}"
        return "; ".join([sentence.rstrip("."), *more]) if more else sentence


class BadRequestError(APIError, status=400):
    """Malformed request."""


class AuthenticationError(APIError, status=401):
    """Missing or invalid credential."""


class CredentialsRejectedError(TokenExchangeError, AuthenticationError):
    """Rejection of the client credentials by the token endpoint (401, or the OAuth error ``invalid_client``)."""

    status: int

    def __init__(
        self, message: str, *, status: int, code: str | None, retry_after: float | None, request_id: str | None
    ) -> None:
        AuthenticationError.__init__(self, message, status=status, code=code, request_id=request_id)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message


class PermissionDeniedError(APIError, status=403):
    """Valid credential that does not permit the operation."""


class NotFoundError(APIError, status=404):
    """Object that does not exist, or that belongs to another merchant or mode."""


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


class InternalServerError(APIError):
    """Server error (any 5xx). A write raises it only for a 500 or 503 of the API, else ``OutcomeUnknownError``."""


class DecodingError(DuroError):
    """Response to a read that breaks the contract. For a write, it is the cause of an ``OutcomeUnknownError``.

    Attributes:
        path: Path of the invalid value, such as ``$.items[3].amount``.
        body: Response body as received.
    """

    def __init__(self, message: str, *, path: str, body: bytes) -> None:
        super().__init__(message)
        self.path = path
        self.body = body

    def __reduce__(self) -> tuple[Callable[..., DuroError], tuple[object, ...]]:
        restore, (kind, args, state) = super().__reduce__()
        # The body may contain a token, and a pickle leaves the process.
        masked = redact(self.body.decode("utf-8", "replace")).encode()
        return restore, (kind, args, {**cast("dict[str, object]", state), "body": masked})


class WebhookError(DuroError):
    """Webhook delivery that was rejected.

    Attributes:
        code: Error code for programs, which the adapters put into their response.
    """

    code: ClassVar[str] = "webhook_refused"


class SignatureMissingError(WebhookError):
    """Delivery without a ``Duro-Signature`` header that can be checked."""

    code = "signature_missing"


class SignatureMismatchError(WebhookError):
    """Delivery whose signature does not match its body under any of the secrets."""

    code = "signature_mismatch"


class TimestampError(WebhookError):
    """Delivery whose timestamp is not a number, or is outside the tolerance."""

    code = "timestamp_refused"


class PayloadError(WebhookError):
    """Delivery whose body is not a valid event.

    Attributes:
        path: Path of the invalid value, such as ``$.data.invoice.amount``.
    """

    code = "payload_refused"

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(message)
        self.path = path
