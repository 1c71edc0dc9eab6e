"""Whether a call is tried again, and when: pure decisions, and the budget that bounds them."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import RetryPolicy
    from .request import Headers, Response

__all__ = [
    "GiveUp",
    "Retry",
    "RetryBudget",
    "decide",
    "is_conclusive",
    "is_gateway_error",
    "parse_retry_after",
    "retry_after_of",
]

_PASSING: Final = frozenset({408, 429, 502, 503, 504})
_SETTLING: Final = frozenset({400, 404, 422})
_UNHEARD: Final = frozenset({502, 504})


@frozen
class Retry:
    """Try again after ``delay`` seconds."""

    delay: float


@frozen
class GiveUp:
    """Do not try again, for this reason."""

    reason: str


def decide(
    outcome: Response | RequestNotSentError | ResponseLostError,
    *,
    safe: bool,
    attempt: int,
    time_left: float,
    policy: RetryPolicy,
    wall: float,
    uniform: Callable[[float, float], float],
) -> Retry | GiveUp:
    """Decide what follows an attempt that did not succeed.

    Args:
        outcome: The refusal that was answered, or why there was no answer.
        safe: Whether the server may see the request twice: it is a read, or a
            write under an idempotency key.
        attempt: Which attempt this was; the first is 1.
        time_left: Seconds until the call's deadline.
        policy: How often and how patiently.
        wall: The time of day in seconds since the epoch, for a ``Retry-After`` date.
        uniform: Draws a number between two bounds.

    Returns:
        When to try again, or why not to.
    """
    if not _may_repeat(outcome, safe=safe):
        return GiveUp("another try would not help, or could do the work twice")
    if attempt > policy.retries:
        return GiveUp("the retries are used up")
    delay = _delay(outcome, attempt=attempt, policy=policy, wall=wall, uniform=uniform)
    if delay >= time_left:
        return GiveUp("the wait would pass the deadline")
    return Retry(delay)


def _may_repeat(outcome: Response | RequestNotSentError | ResponseLostError, *, safe: bool) -> bool:
    if isinstance(outcome, RequestNotSentError):
        return True
    if isinstance(outcome, ResponseTooLargeError):
        # It comes again just as large: from the same read, and from a write under the same key.
        return False
    if isinstance(outcome, ResponseLostError):
        return safe
    return outcome.status in _PASSING or (outcome.status == 500 and safe)


def _delay(
    outcome: Response | RequestNotSentError | ResponseLostError,
    *,
    attempt: int,
    policy: RetryPolicy,
    wall: float,
    uniform: Callable[[float, float], float],
) -> float:
    # The exponent is bounded: 2.0**1024 overflows.
    bound = min(policy.max_delay, policy.base_delay * 2.0 ** min(attempt - 1, 64))
    jittered = uniform(0.0, bound)
    if isinstance(outcome, RequestNotSentError | ResponseLostError):
        return jittered
    asked = retry_after_of(outcome.headers, wall=wall)
    return jittered if asked is None else max(asked, jittered)


def retry_after_of(headers: Headers, *, wall: float) -> float | None:
    """Read how long an answer asks to wait.

    A date is counted from the answer's own ``Date``: a wall clock that is a
    day slow would wait a day, and a fast one not at all.

    Args:
        headers: The answer's header lines.
        wall: The time of day in seconds since the epoch, for an answer without a ``Date``.

    Returns:
        Seconds to wait, never negative; ``None`` if there is nothing readable.
    """
    return parse_retry_after(headers.get("retry-after"), wall=_moment_of(headers.get("date"), default=wall))


def parse_retry_after(value: str | None, *, wall: float) -> float | None:
    """Read a ``Retry-After`` header.

    Args:
        value: Seconds, or an HTTP date.
        wall: The time of day in seconds since the epoch.

    Returns:
        Seconds to wait, never negative; ``None`` if there is nothing readable.

    Example:
        >>> parse_retry_after("120", wall=0.0)
        120.0
        >>> parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", wall=0.0)
        60.0
        >>> parse_retry_after("soon", wall=0.0) is None
        True
    """
    if value is None:
        return None
    value = value.strip()
    try:
        seconds = float(value) if value.isascii() and value.replace(".", "", 1).isdigit() else _until(value, wall)
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str, wall: float) -> float:
    return _timestamp(date) - wall


def _moment_of(date: str | None, *, default: float) -> float:
    try:
        return default if date is None else _timestamp(date)
    except (ValueError, OverflowError):
        return default


def _timestamp(date: str) -> float:
    moment = parsedate_to_datetime(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def is_conclusive(status: int) -> bool:
    """Tell whether an answer says what became of the write, however many attempts were lost before it.

    Under one key the first answer comes again, so a success and a refusal of
    the request itself speak for all attempts. A fault, a limit or a refused
    credential speaks for its own attempt alone; so does a conflict, which may
    be with the lost attempt.
    """
    return status < 300 or status in _SETTLING


def is_gateway_error(status: int) -> bool:
    """Tell whether an answer leaves open what became of the write that it answers.

    These are a gateway's words, and say that it got no answer: the API may
    have done the work all the same. A 503 or 429 turned the request away, and
    a 500 is the API's own answer, as the contract has it.
    """
    return status in _UNHEARD


class RetryBudget:
    """What keeps the retries of a client from multiplying an outage.

    Each call puts a little in, each retry takes one out; when it is empty,
    calls are sent once.

    Args:
        capacity: Retries in hand at most, and at the start.
        ratio: What each call puts in.
    """

    __slots__ = ("_capacity", "_in_hand", "_ratio")

    def __init__(self, *, capacity: float, ratio: float) -> None:
        self._capacity = capacity
        self._in_hand = capacity
        self._ratio = ratio

    def deposit(self) -> None:
        """Count a call."""
        self._in_hand = min(self._capacity, self._in_hand + self._ratio)

    def withdraw(self) -> bool:
        """Take out one retry; say whether there was one."""
        if self._in_hand < 1.0:
            return False
        self._in_hand -= 1.0
        return True
