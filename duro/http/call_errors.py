"""Errors that end a call, built from its state. Each one names the call and its attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import (
    APIError,
    CallError,
    ConnectionFailedError,
    DeadlineExceededError,
    DuroError,
    OutcomeUnknownError,
    TransportError,
)
from .classification import classify
from .error_response import build_api_error, describe_foreign_response
from .failed_call import set_call
from .request import Response
from .transport import RequestNotSentError, ResponseTooLargeError
from .transport.route import describe_connection, find_sandbox_hint
from .unknown_outcome import build_outcome_unknown_error

if TYPE_CHECKING:
    from .call_state import CallState
    from .transport import AttemptOutcome, ResponseLostError

__all__ = ["build_attempt_error", "build_deadline_error", "build_ended_error"]


def build_attempt_error(state: CallState, outcome: AttemptOutcome, reason: str | None, *, wall: float) -> DuroError:
    """Build the error for a call whose last attempt failed.

    Args:
        state: State of the call.
        outcome: Error response, or the failure without a response.
        reason: Reason why the client stopped retrying, ``None`` if a retry cannot help.
        wall: Wall-clock time in seconds since the epoch, for a ``Retry-After`` date.

    Returns:
        The error for the caller. Its cause is the exception of the transport, or of the library below it.
    """
    error: CallError
    if isinstance(outcome, Response):
        error = _build_response_error(state, outcome, wall=wall)
    else:
        error = _build_transport_error(state, outcome)
        error.__cause__ = outcome.__cause__
    error.give_up_reason = reason
    set_call(error, state.invocation, attempts=state.attempts)
    return _build_doubtful_error(state, outcome, error) if state.in_doubt else error


def build_ended_error(state: CallState, error: Exception) -> OutcomeUnknownError:
    """Build the error for a write in doubt that an exception ended between two attempts."""
    description = error.description if isinstance(error, CallError) else str(error)
    reason = description if isinstance(error, DuroError) else type(error).__name__
    unknown = _build_unknown_error(state, f"no further attempt was possible ({reason})")
    unknown.__cause__ = error
    return unknown


def build_deadline_error(state: CallState) -> TransportError:
    """Build the error for a call whose deadline passed."""
    invocation = state.invocation
    deadline = f"the deadline of {invocation.timeout:g} s"
    if state.in_doubt:
        return _build_unknown_error(state, f"{deadline} passed")
    error: TransportError
    if state.is_connecting:
        error = _build_connection_error(state, f"it was not established within {deadline}")
    else:
        error = DeadlineExceededError(
            f"{deadline} passed, and nothing was changed; pass a longer timeout=",
            idempotency_key=invocation.idempotency_key,
        )
    set_call(error, invocation, attempts=state.attempts)
    return error


def _build_doubtful_error(state: CallState, outcome: AttemptOutcome, last: CallError) -> OutcomeUnknownError:
    """Build the error for a write in doubt from the error of its last attempt."""
    if isinstance(last, APIError):
        cause = f"the last response was {last.description}"
    else:
        failure = last.description if isinstance(outcome, Response) else _join(str(outcome), last.give_up_reason)
        cause = f"the last attempt failed ({failure})"
    unknown = build_outcome_unknown_error(
        state.invocation,
        cause,
        attempts=state.attempts,
        is_transient=not isinstance(outcome, ResponseTooLargeError),
    )
    unknown.give_up_reason = last.give_up_reason
    unknown.__cause__ = last if isinstance(outcome, Response) else last.__cause__
    return unknown


def _build_response_error(state: CallState, response: Response, *, wall: float) -> CallError:
    key = state.invocation.idempotency_key
    if classify(response).is_proxy_rejection:
        return ConnectionFailedError(describe_foreign_response(response), idempotency_key=key, is_transient=False)
    return build_api_error(response, credential=state.credential, idempotency_key=key, wall=wall)


def _build_transport_error(state: CallState, outcome: RequestNotSentError | ResponseLostError) -> TransportError:
    if isinstance(outcome, RequestNotSentError):
        return _build_connection_error(state, str(outcome), is_transient=not outcome.is_permanent)
    if isinstance(outcome, ResponseTooLargeError):
        return TransportError(f"{outcome}; request less data, or pass a larger max_response_bytes=", is_transient=False)
    return TransportError(
        f"the connection to {_describe_connection(state)} ended before a complete response arrived ({outcome}); "
        "a read is safe to repeat",
        is_transient=not outcome.is_permanent,
    )


def _build_connection_error(state: CallState, failure: str, *, is_transient: bool = True) -> ConnectionFailedError:
    hint = find_sandbox_hint(state.base_url) if is_transient else None
    return ConnectionFailedError(
        f"no connection to {_describe_connection(state)} ({_join(failure, hint)}); nothing was sent",
        idempotency_key=state.invocation.idempotency_key,
        is_transient=is_transient,
    )


def _build_unknown_error(state: CallState, cause: str) -> OutcomeUnknownError:
    return build_outcome_unknown_error(state.invocation, cause, attempts=state.attempts)


def _describe_connection(state: CallState) -> str:
    return describe_connection(state.base_url, state.transport)


def _join(clause: str, more: str | None) -> str:
    return f"{clause}; {more}" if more else clause
