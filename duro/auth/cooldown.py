"""Cooldowns: times without exchanges after a failed exchange, or after a rejected token."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..errors import (
    ClientSecretError,
    ConfigurationError,
    DuroError,
    TokenExchangeError,
)

if TYPE_CHECKING:
    from .._clock import Clock
    from .token import Token

__all__ = ["Failure", "Rejection", "is_transient"]

TRANSIENT_COOLDOWN_SECONDS: Final = 1.0
# Bounds the doubling. A call with the default deadline of 30 seconds has time for several exchanges.
MAX_BACKOFF_SECONDS: Final = 8.0
# A failure after so long a pause does not belong to the same outage.
MAX_PAUSE_SECONDS: Final = 30.0
PERMANENT_COOLDOWN_SECONDS: Final = 10.0
# Bounds Retry-After, so that a wrong clock or a server error does not stop a client for days.
MAX_COOLDOWN_SECONDS: Final = 300.0
PERMANENT_STATUSES: Final = frozenset({400, 401, 403})
# An API rejects a token of this age because it rejects all tokens, and not because this one was revoked.
FRESH_TOKEN_SECONDS: Final = 10.0
# Timers of some platforms fire up to 16 ms early. The call would then find the same failure again.
_TIMER_MARGIN_SECONDS: Final = 0.02


@frozen
class Failure:
    """Failed exchange, cached until a time of the monotonic clock.

    Attributes:
        error: Error of the exchange.
        until: Monotonic time in seconds at which the cooldown ends.
        count: Number of consecutive transient failures, this one included.
    """

    error: BaseException
    until: float
    count: int = 0

    @classmethod
    def from_error(cls, error: Exception, previous: Failure | None, clock: Clock) -> Failure:
        """Create the failure of an exchange that has just ended.

        Args:
            error: Error of the exchange.
            previous: Failure that was cached when the exchange began, ``None`` without one.
            clock: Source of the time and of the random numbers.

        Returns:
            The failure, with a longer cooldown after each consecutive transient failure.
        """
        now = clock.monotonic()
        if _is_permanent(error):
            return cls(error, now + PERMANENT_COOLDOWN_SECONDS)
        is_consecutive = previous is not None and now - previous.until < MAX_PAUSE_SECONDS
        count = (previous.count if previous is not None and is_consecutive else 0) + 1
        cooldown = _choose_backoff(count, clock)
        if isinstance(error, TokenExchangeError):
            cooldown = max(cooldown, min(error.retry_after or 0.0, MAX_COOLDOWN_SECONDS))
        return cls(error, now + cooldown, count)

    def copy_error(self) -> BaseException:
        """Return a copy of the error, because a shared one would collect the tracebacks of all callers."""
        # Some errors cannot be copied, such as those that a user's transport raises against its protocol.
        with suppress(TypeError):
            copied = copy.copy(self.error)
            copied.__cause__ = self.error.__cause__
            return copied
        return self.error

    def choose_delay(self, clock: Clock) -> float:
        """Return the seconds until the next exchange may start."""
        remaining = self.until - clock.monotonic()
        return remaining + _TIMER_MARGIN_SECONDS if remaining > 0 else 0.0


@frozen
class Rejection:
    """Token that the API rejected.

    Attributes:
        token: Rejected token.
        count: Number of consecutive tokens that the API rejected before it accepted one, this one included.
        until: Monotonic time in seconds before which the token is not replaced.
    """

    token: Token
    count: int
    until: float

    @classmethod
    def from_token(cls, token: Token, previous: Rejection | None, clock: Clock, *, was_accepted: bool) -> Rejection:
        """Create the rejection of a token.

        The first fresh token is replaced at once, because it may have been
        revoked. Each further one is replaced after a longer cooldown.

        Args:
            token: Rejected token.
            previous: Rejection of an earlier token, ``None`` without one.
            clock: Source of the time and of the random numbers.
            was_accepted: Whether the API accepted the token before.

        Returns:
            The rejection.
        """
        if was_accepted or token.age(clock) >= FRESH_TOKEN_SECONDS:
            return cls(token, 0, 0.0)
        count = 1 if previous is None else previous.count + 1
        cooldown = 0.0 if count == 1 else _choose_backoff(count - 1, clock)
        return cls(token, count, clock.monotonic() + cooldown)


def is_transient(error: BaseException) -> bool:
    """Return whether another exchange may succeed, so that calls wait for it."""
    return isinstance(error, DuroError) and error.is_transient


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, ClientSecretError):
        return False
    if isinstance(error, TokenExchangeError):
        return error.status is None or error.status < 300 or error.status in PERMANENT_STATUSES
    return isinstance(error, ConfigurationError)


def _choose_backoff(count: int, clock: Clock) -> float:
    # The exponent is bounded, because 2.0**1024 overflows.
    bound = min(MAX_BACKOFF_SECONDS, TRANSIENT_COOLDOWN_SECONDS * 2.0 ** min(count - 1, 64))
    return bound * clock.uniform(0.75, 1.25)
