"""Exceptions of the package.

Each message names the call, states the problem and then how to fix it. No
error contains a secret. Text from a server is passed through ``redact``
first, and ``DecodingError.body`` is the only value as received.
"""

from __future__ import annotations

from typing import Final

from .._redaction import redact
from .api import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ErrorDetail,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from .base import CallError, ClientClosedError, ConfigurationError, DuroError, FailedCall, InvalidArgumentError
from .decoding import DecodingError
from .token_exchange import (
    ClientSecretError,
    CredentialsRejectedError,
    TokenEndpointUnavailableError,
    TokenExchangeError,
)
from .transport import ConnectionFailedError, DeadlineExceededError, OutcomeUnknownError, TransportError
from .webhook import PayloadError, SignatureMismatchError, SignatureMissingError, TimestampError, WebhookError

__all__ = [
    "RETRYABLE",
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "CallError",
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
    "FailedCall",
    "InternalServerError",
    "InvalidArgumentError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PayloadError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTimeoutError",
    "SignatureMismatchError",
    "SignatureMissingError",
    "TimestampError",
    "TokenEndpointUnavailableError",
    "TokenExchangeError",
    "TransportError",
    "ValidationError",
    "WebhookError",
    "redact",
]

#: Classes of the errors whose ``is_transient`` is true, for job queues such as Celery. Among them is
#: ``OutcomeUnknownError``, so a job that writes must pass the same ``idempotency_key`` in each run; see
#: ``duro.derive_key``.
RETRYABLE: Final[tuple[type[DuroError], ...]] = (
    TransportError,
    RateLimitError,
    RequestTimeoutError,
    InternalServerError,
    TokenEndpointUnavailableError,
    ClientSecretError,
)


# Tracebacks and pickles contain the public name of a class, and not that of the file.
def _set_public_module() -> None:
    for value in globals().values():
        if isinstance(value, type) and value.__module__.startswith(f"{__name__}."):
            value.__module__ = __name__


_set_public_module()
