"""Every error that a caller can catch.

Each message says what happened and what to do about it. No error carries a
secret: bodies that could hold one are never kept, and text that came from a
server is passed through :func:`redact` first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
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

# With its mode, a secret is one wherever it stands; without, only as a word of its own: "task_list" is none.
_SECRET_PATTERN = re.compile(
    r"((?:sk|csec|cs)_(?:test|live)_|whsec_|\b(?:sk|csec|cs)_(?!(?:test|live)_))[A-Za-z0-9_\-]+"
)
# Bounded, so that a text of slashes and colons takes no more than its length.
_PASSWORD_PATTERN = re.compile(r"(//[^/@\s:]{0,100}:)[^/@\s]{1,100}(?=@)")


def redact(text: str) -> str:
    """Mask whatever in a text has the form of a Duro secret, and the password of an address.

    Args:
        text: Any text, for example a message written by a server.

    Returns:
        The text, each secret cut down to its prefix.

    Example:
        >>> redact("no such key: sk_test_4eC39HqLyjWDarjtT1zdp7dc")
        'no such key: sk_test_…'
    """
    return _PASSWORD_PATTERN.sub(r"\1…", _SECRET_PATTERN.sub(r"\1…", text))


class ErrorDetail(NamedTuple):
    """One field at fault, as a validation error names it."""

    path: str
    issue: str


class DuroError(Exception):
    """Whatever this package raises on purpose."""

    def __reduce__(self) -> tuple[Callable[..., DuroError], tuple[object, ...]]:
        # Task queues send errors between processes; keyword-only arguments
        # would be lost on the way by the default of Exception.
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
    """The client cannot work as it was set up; nothing was sent."""


class InvalidArgumentError(ConfigurationError, ValueError):
    """An argument of a call breaks the contract; nothing was sent."""


class ClientClosedError(DuroError):
    """The client was closed before the call."""


class TransportError(DuroError):
    """The request got no answer, or one larger than the client takes.

    Attributes:
        idempotency_key: The key of the call, ``None`` for a read.
        attempts: How many times the request was tried.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None, attempts: int = 0) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key
        self.attempts = attempts


class ConnectionFailedError(TransportError):
    """No connection could be made: the request did not leave."""


class DeadlineExceededError(TransportError):
    """The call's deadline passed, and no write is in doubt."""


class OutcomeUnknownError(TransportError):
    """A write may have happened: it left, and no answer came that could be read, or only a gateway's 502 or 504.

    The same call with ``idempotency_key=error.idempotency_key`` is safe: it
    gets the first answer if there was one, and does the work if there was not.
    After an answer that could not be read, ``__cause__`` is the :class:`DecodingError`.
    """


class TokenExchangeError(DuroError):
    """The token endpoint refused the client, or answered nonsense (``POST /v1/oauth/token``).

    Attributes:
        status: The HTTP status, ``None`` when there was none.
        code: The code or OAuth ``error`` of the answer, when there was one.
        retry_after: Seconds the server asked to wait, when it said so.
        request_id: What the server called this exchange, when it said so.
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


class APIError(DuroError):
    """The API refused the request.

    Attributes:
        status: The HTTP status.
        code: The machine's word for the refusal, such as ``conflict``.
        message: The API's sentence for people.
        details: The fields at fault, for a validation error.
        request_id: What the server called this request, when it said so.
        idempotency_key: The key of the call, ``None`` for a read.
    """

    by_status: ClassVar[dict[int, type[APIError]]] = {}

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
        self.details = tuple(details)
        self.request_id = request_id
        self.idempotency_key = idempotency_key

    def __str__(self) -> str:
        more = [f"{detail.path}: {detail.issue}" for detail in self.details]
        if self.request_id:
            more.append(f"request {self.request_id}")
        sentence = f"{self.status} {self.code or 'error'}: {self.message}"
        return "; ".join([sentence.rstrip("."), *more]) if more else sentence


class BadRequestError(APIError, status=400):
    """The request is malformed."""


class AuthenticationError(APIError, status=401):
    """The credential is missing or not valid."""


class PermissionDeniedError(APIError, status=403):
    """The credential is known, but does not permit this."""


class NotFoundError(APIError, status=404):
    """There is no such thing in this tenant and mode."""


class ConflictError(APIError, status=409):
    """A duplicate, or a change that the present state forbids."""


class ValidationError(APIError, status=422):
    """The body was refused as a whole, before any work; see ``details``."""


class RateLimitError(APIError, status=429):
    """Too many requests.

    Attributes:
        retry_after: Seconds the server asked to wait, when it said so.
    """

    retry_after: float | None = None


class InternalServerError(APIError):
    """A fault of the server (any 5xx); after a write, 502 and 504 are an :class:`OutcomeUnknownError`."""


class DecodingError(DuroError):
    """The answer to a read breaks the contract; after a write, it is the cause of an :class:`OutcomeUnknownError`.

    Attributes:
        path: Where, as ``$.items[3].amount``.
        body: The answer as it came.
    """

    def __init__(self, message: str, *, path: str, body: bytes) -> None:
        super().__init__(message)
        self.path = path
        self.body = body

    def __reduce__(self) -> tuple[Callable[..., DuroError], tuple[object, ...]]:
        restore, (kind, args, state) = super().__reduce__()
        # The answer may hold a token, and a pickle travels.
        masked = redact(self.body.decode("utf-8", "replace")).encode()
        return restore, (kind, args, {**cast("dict[str, object]", state), "body": masked})


class WebhookError(DuroError):
    """A delivery is refused.

    Attributes:
        code: A word for machines, as the adapters answer it.
    """

    code: ClassVar[str] = "webhook_refused"


class SignatureMissingError(WebhookError):
    """There is no ``Duro-Signature`` header, or none that could be checked."""

    code = "signature_missing"


class SignatureMismatchError(WebhookError):
    """No signature fits the body and any of the secrets."""

    code = "signature_mismatch"


class TimestampError(WebhookError):
    """The signature's time is no number, or too far from now."""

    code = "timestamp_refused"


class PayloadError(WebhookError):
    """The body is not the bytes of an event.

    Attributes:
        path: Where it breaks the contract, as ``$.data.invoice.amount``.
    """

    code = "payload_refused"

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(message)
        self.path = path
