"""Exceptions of calls without a usable response."""

from __future__ import annotations

from .base import CallError

__all__ = ["ConnectionFailedError", "DeadlineExceededError", "OutcomeUnknownError", "TransportError"]


class TransportError(CallError):
    """Call without a response, or with a response above ``max_response_bytes``.

    Args:
        message: Description of the failure.
        idempotency_key: Idempotency key of the call.
        attempts: Number of times that the request was sent or tried.
        is_transient: Whether it may help to run the job again.

    Attributes:
        idempotency_key: Idempotency key of the call, ``None`` for a read.
    """

    def __init__(
        self, message: str, *, idempotency_key: str | None = None, attempts: int = 0, is_transient: bool = True
    ) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key
        self.attempts = attempts
        self._is_transient = is_transient

    @property
    def is_transient(self) -> bool:
        """Whether it may help to run the job again, with the same idempotency key for a write.

        It is false for a certificate that is not accepted, a proxy that refuses the connection, and a response
        that is too large.
        """
        return self._is_transient


class ConnectionFailedError(TransportError):
    """Connection that could not be established, or that the proxy refused, so that nothing reached the API."""


class DeadlineExceededError(TransportError):
    """Call that did not end before its deadline, and that cannot have changed anything."""


class OutcomeUnknownError(TransportError):
    """Write that was sent and may have been processed.

    The response was lost or could not be decoded, or a gateway returned a 5xx
    or a 408. It is safe to repeat the call with
    ``idempotency_key=error.idempotency_key``. The API then returns the first
    response if the write was processed, and processes the write if not.

    ``__cause__`` is the ``APIError`` of the last response, or the
    ``DecodingError`` of a response that could not be decoded.

    Attributes:
        idempotency_key: Idempotency key of the write.
    """

    idempotency_key: str  # pyright: ignore[reportIncompatibleVariableOverride] - every write has a key

    def __str__(self) -> str:
        # The message names the call and the reason itself.
        return self._describe()
