"""Error and messages for a write whose caller does not know its outcome. Each one has the idempotency key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import OutcomeUnknownError
from .failed_call import name_call, set_call

if TYPE_CHECKING:
    from .request import Invocation, Response

__all__ = ["build_outcome_unknown_error", "describe_lost_response", "describe_unknown_outcome"]


def build_outcome_unknown_error(
    invocation: Invocation, cause: str, *, attempts: int, is_transient: bool = True
) -> OutcomeUnknownError:
    """Build the error for a write that may have been processed.

    Args:
        invocation: The write.
        cause: Reason why the outcome is unknown, as a clause without a full stop.
        attempts: Number of times that the request was sent or tried.
        is_transient: Whether it may help to repeat the call.

    Returns:
        The error. Its message contains the idempotency key.
    """
    error = OutcomeUnknownError(
        describe_unknown_outcome(invocation, cause),
        idempotency_key=invocation.idempotency_key,
        is_transient=is_transient,
    )
    set_call(error, invocation, attempts=attempts)
    return error


def describe_unknown_outcome(invocation: Invocation, cause: str) -> str:
    """Return the message for a write that may have been processed.

    Args:
        invocation: The write.
        cause: Reason why the outcome is unknown, as a clause without a full stop.
    """
    return (
        f"Outcome unknown: {cause.rstrip('.')}. {name_call(invocation)} was sent and may have been processed. "
        f"Repeat the call with idempotency_key={invocation.idempotency_key!r} to find out; "
        "it will not be processed twice."
    )


def describe_lost_response(invocation: Invocation, response: Response, cause: str) -> str:
    """Return the message for a write whose caller does not get the response.

    Args:
        invocation: The write.
        response: Successful response.
        cause: Reason why the caller does not get it, as a clause without a full stop.
    """
    return (
        f"Response lost: {cause}. {name_call(invocation)} got a response with status {response.status}, but the "
        f"caller did not get its result. Repeat the call with idempotency_key={invocation.idempotency_key!r} to get "
        "it; it will not be processed twice."
    )
