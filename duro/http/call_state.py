"""State of one call in progress, and the errors that end a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    DuroError,
    OutcomeUnknownError,
    TransportError,
)
from .error_response import build_api_error
from .request import NO_HEADERS, Headers, Invocation, Response
from .transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError

if TYPE_CHECKING:
    from .retry import RetryBudget

__all__ = ["CallState", "build_outcome_unknown_error", "describe_unknown_outcome"]


@define
class CallState:
    """State of one call in progress. The pipeline's docstring explains who may change it.

    Attributes:
        invocation: The call.
        started: Monotonic time of its start in seconds.
        budget: Retry budget of the client.
        credential: Headers that authenticate the current attempt.
        attempts: Number of times that the request was sent or tried.
        failed_exchanges: Number of failed token exchanges that the call waited for.
        reauthorized: Whether the request was sent again after a 401.
        in_doubt: Whether a write may have been processed without a response.
        response: Response to the last attempt, ``None`` without one.
    """

    invocation: Invocation
    started: float
    budget: RetryBudget
    credential: Headers = NO_HEADERS
    attempts: int = 0
    failed_exchanges: int = 0
    reauthorized: bool = False
    in_doubt: bool = False
    response: Response | None = None

    @property
    def counted_attempts(self) -> int:
        """Number of attempts that count as retries: requests and failed exchanges, but not the one after a 401."""
        return self.attempts + self.failed_exchanges - self.reauthorized

    def find_error(self, cause: str) -> OutcomeUnknownError | None:
        """Return the error for a caller that stops waiting; see `Write.find_error`."""
        # A caller that was interrupted before it got a success does not know the outcome either.
        if self.in_doubt or (self.response is not None and self.response.status < 300):
            return self.build_unknown_error(cause)
        return None

    def build_unknown_error(self, cause: str) -> OutcomeUnknownError:
        """Build the error for a write in doubt; see `build_outcome_unknown_error`."""
        return build_outcome_unknown_error(self.invocation, cause, attempts=self.attempts)

    def build_deadline_error(self) -> TransportError:
        """Build the error for a call whose deadline passed."""
        timeout = self.invocation.timeout
        if self.in_doubt:
            return self.build_unknown_error(f"the deadline of {timeout:g} s passed")
        return DeadlineExceededError(
            f"the deadline of {timeout:g} s passed, and nothing was changed; pass a longer timeout=",
            idempotency_key=self.invocation.idempotency_key,
            attempts=self.attempts,
        )

    def build_error(
        self, outcome: Response | RequestNotSentError | ResponseLostError, reason: str | None, *, wall: float
    ) -> DuroError:
        """Build the error for a call whose last attempt failed.

        Args:
            outcome: Error response, or the failure without a response.
            reason: Reason why the client stopped retrying, ``None`` if a retry cannot help.
            wall: Wall-clock time in seconds since the epoch, for a ``Retry-After`` date.

        Returns:
            The error for the caller.
        """
        key = self.invocation.idempotency_key
        if isinstance(outcome, Response):
            error = build_api_error(outcome, credential=self.credential, idempotency_key=key, wall=wall)
            error.give_up_reason = reason
            return self.build_unknown_error(f"the last response was {error}") if self.in_doubt else error
        failure = f"{outcome}; {reason}" if reason else str(outcome)
        if self.in_doubt:
            return self.build_unknown_error(f"the last attempt failed ({failure})")
        if isinstance(outcome, RequestNotSentError):
            return ConnectionFailedError(
                f"the connection to the API failed ({failure}); nothing was sent, and the call is safe to repeat",
                idempotency_key=key,
                attempts=self.attempts,
            )
        if isinstance(outcome, ResponseTooLargeError):
            return TransportError(
                f"{outcome}; request less data, or pass a larger max_response_bytes=", attempts=self.attempts
            )
        return TransportError(
            f"the connection failed before a complete response arrived ({failure}); a read is safe to repeat",
            attempts=self.attempts,
        )


def build_outcome_unknown_error(invocation: Invocation, cause: str, *, attempts: int) -> OutcomeUnknownError:
    """Build the error for a write that may have been processed.

    Args:
        invocation: The write.
        cause: Reason why the outcome is unknown, as a clause without a full stop.
        attempts: Number of times that the request was sent or tried.

    Returns:
        The error. Its message contains the idempotency key.
    """
    message = describe_unknown_outcome(invocation, cause)
    return OutcomeUnknownError(message, idempotency_key=invocation.idempotency_key, attempts=attempts)


def describe_unknown_outcome(invocation: Invocation, cause: str) -> str:
    """Return the message for a write that may have been processed.

    Args:
        invocation: The write.
        cause: Reason why the outcome is unknown, as a clause without a full stop.
    """
    return (
        f"Outcome unknown: {cause.rstrip('.')}. {invocation.operation.id} was sent and may have been processed. "
        f"Repeat the call with idempotency_key={invocation.idempotency_key!r} to find out; "
        "it will not be processed twice."
    )
