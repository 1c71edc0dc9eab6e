"""Retry decisions as pure functions, and the budget that limits retries."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .classification import classify
from .transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError, SendError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import RetryPolicy
    from .request import Headers
    from .transport import AttemptOutcome

__all__ = [
    "GiveUp",
    "Retry",
    "RetryBudget",
    "RetryBudgets",
    "decide",
    "get_retry_after",
    "parse_retry_after",
]

# The bound stops a user who passes a new policy with each call from filling the memory.
MAX_BUDGETS: Final = 16

# Together, they are those of the errors with "is_transient".
_TRANSIENT_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
# Transient too, but only for requests that the server may receive twice. 520 to 524 are those of Cloudflare.
_IDEMPOTENT_STATUSES: Final = frozenset({500, *range(520, 525)})


@frozen
class Retry:
    """Decision to retry.

    Attributes:
        delay: Seconds to wait before the next attempt.
    """

    delay: float


@frozen
class GiveUp:
    """Decision not to retry.

    Attributes:
        reason: Reason for the error message, ``None`` if a retry cannot help.
    """

    reason: str | None = None


def decide(
    outcome: AttemptOutcome,
    *,
    is_idempotent: bool,
    attempt: int,
    time_left: float,
    policy: RetryPolicy,
    wall: float,
    uniform: Callable[[float, float], float],
) -> Retry | GiveUp:
    """Decide whether to retry after a failed attempt.

    Args:
        outcome: Error response, or the failure without a response.
        is_idempotent: Whether the server may receive the request twice, because it
            is a read, or a write with an idempotency key.
        attempt: Number of the failed attempt; the first is 1.
        time_left: Seconds until the deadline of the call.
        policy: Number of retries and bounds of the delays.
        wall: Wall-clock time in seconds since the epoch, for a ``Retry-After`` date.
        uniform: Function that returns a random number between two bounds.

    Returns:
        The delay before the next attempt, or the reason to give up.
    """
    if not _is_retryable(outcome, is_idempotent=is_idempotent):
        return GiveUp()
    if attempt > policy.retries:
        return GiveUp(f"retries exhausted (retries={policy.retries})")
    delay = _choose_delay(outcome, attempt=attempt, policy=policy, wall=wall, uniform=uniform)
    if delay >= time_left:
        return GiveUp(f"the deadline would pass before a retry in {delay:.1f} s")
    return Retry(delay)


def _is_retryable(outcome: AttemptOutcome, *, is_idempotent: bool) -> bool:
    if isinstance(outcome, SendError) and outcome.is_permanent:
        return False
    if isinstance(outcome, RequestNotSentError):
        return True
    if isinstance(outcome, ResponseTooLargeError):
        # A retry would get the same response: from the same read, and from a write with the same key.
        return False
    if isinstance(outcome, ResponseLostError):
        return is_idempotent
    status = classify(outcome).status
    return status in _TRANSIENT_STATUSES or (status in _IDEMPOTENT_STATUSES and is_idempotent)


def _choose_delay(
    outcome: AttemptOutcome,
    *,
    attempt: int,
    policy: RetryPolicy,
    wall: float,
    uniform: Callable[[float, float], float],
) -> float:
    # The exponent is bounded, because 2.0**1024 overflows.
    bound = min(policy.max_delay, policy.base_delay * 2.0 ** min(attempt - 1, 64))
    # A server that restarts breaks all connections, and refuses new ones for a few tenths of a second. The first
    # retry comes after that, and a call that is lost in two restarts of a series does not meet the third one. With full
    # jitter, several retries of many calls would fail.
    if isinstance(outcome, RequestNotSentError | ResponseLostError):
        return uniform(0.65 * bound, 0.85 * bound)
    jittered = uniform(0.0, bound)
    requested = get_retry_after(outcome.headers, wall=wall)
    return jittered if requested is None else max(requested, jittered)


def get_retry_after(headers: Headers, *, wall: float) -> float | None:
    """Return the delay that a response asks for.

    A date is compared with the ``Date`` of the same response. With the local
    clock, a client whose clock is a day slow would wait a day.

    Args:
        headers: Response headers.
        wall: Wall-clock time in seconds since the epoch, for a response without a ``Date``.

    Returns:
        Seconds to wait, at least 0; ``None`` without a valid ``Retry-After`` header.
    """
    return parse_retry_after(headers.get("retry-after"), wall=_parse_date_or(headers.get("date"), default=wall))


def parse_retry_after(value: str | None, *, wall: float) -> float | None:
    """Parse a ``Retry-After`` header.

    Args:
        value: Seconds or an HTTP date, ``None`` without the header.
        wall: Current time in seconds since the epoch.

    Returns:
        Seconds to wait, at least 0; ``None`` if the value is invalid.

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
        is_decimal = value.isascii() and value.replace(".", "", 1).isdigit()
        seconds = float(value) if is_decimal else _parse_date(value) - wall
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _parse_date_or(date: str | None, *, default: float) -> float:
    try:
        return default if date is None else _parse_date(date)
    except (ValueError, OverflowError):
        return default


def _parse_date(date: str) -> float:
    parsed = parsedate_to_datetime(date)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


class RetryBudget:
    """Limit of the retries of a client, so that retries do not multiply the load during an outage.

    Each call adds a fraction of a retry, and each retry takes one. With an
    empty budget, calls are sent once. A retry after a lost response is
    returned if the call succeeds, because the server has recovered.

    Args:
        capacity: Number of retries at most, and at the start.
        ratio: Fraction of a retry that each call adds.
    """

    __slots__ = ("_available", "_capacity", "_ratio")

    def __init__(self, *, capacity: float, ratio: float) -> None:
        self._capacity = capacity
        self._available = capacity
        self._ratio = ratio

    def deposit(self) -> None:
        """Add the fraction of a retry for one call."""
        self._available = min(self._capacity, self._available + self._ratio)

    def withdraw(self) -> bool:
        """Use one retry, and return whether one was available."""
        if self._available < 1.0:
            return False
        self._available -= 1.0
        return True

    def refund(self, retries: int) -> None:
        """Add retries that were used, after the call that used them has succeeded."""
        self._available = min(self._capacity, self._available + retries)


class RetryBudgets:
    """Retry budgets of a client and its copies. Those with the same settings share one."""

    __slots__ = ("_budgets",)

    def __init__(self) -> None:
        self._budgets: dict[tuple[float, float], RetryBudget] = {}

    def for_policy(self, policy: RetryPolicy) -> RetryBudget:
        """Return the budget for a policy."""
        kind = (policy.budget, policy.budget_ratio)
        budget = self._budgets.get(kind)
        if budget is None:
            if len(self._budgets) >= MAX_BUDGETS:
                self._budgets.clear()
            budget = self._budgets[kind] = RetryBudget(capacity=policy.budget, ratio=policy.budget_ratio)
        return budget
