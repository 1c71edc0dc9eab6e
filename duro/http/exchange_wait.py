"""Wait of a call for the next token exchange, after an exchange failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CallError
from .call_log import log_exchange_retry

if TYPE_CHECKING:
    from .._clock import Clock
    from ..config import RetryPolicy
    from ..errors import DuroError

__all__ = ["wait_for_next_exchange"]


async def wait_for_next_exchange(
    failure: DuroError, delay: float | None, *, attempt: int, time_left: float, policy: RetryPolicy, clock: Clock
) -> None:
    """Wait until the next token exchange may start.

    The retry budget does not apply, because all waiting calls share one
    exchange, and none of them sends a request to the API.

    Args:
        failure: Error of the failed exchange.
        delay: Seconds until the next exchange may start, ``None`` if it would fail as well.
        attempt: Number of failed attempts of the call, failed exchanges included.
        time_left: Seconds until the deadline of the call.
        policy: Number of retries.
        clock: Source of the sleep.

    Raises:
        DuroError: The failure, if the call must not wait. Its message contains the reason.
    """
    if delay is None or policy.retries == 0:
        raise failure
    if attempt > policy.retries:
        raise _with_reason(failure, f"retries exhausted (retries={policy.retries})")
    if delay >= time_left:
        raise _with_reason(failure, f"the deadline would pass before the next exchange in {delay:.1f} s")
    log_exchange_retry(failure, delay=delay)
    await clock.sleep(delay)


def _with_reason(failure: DuroError, reason: str) -> DuroError:
    # Each call has its own copy of the error.
    if isinstance(failure, CallError):
        failure.give_up_reason = reason
    return failure
