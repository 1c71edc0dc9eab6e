"""Circuit breaker: a store that fails is not used for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..._clock import Clock

__all__ = ["CircuitBreaker"]

MIN_PAUSE_SECONDS: Final = 1.0
MAX_PAUSE_SECONDS: Final = 30.0


class CircuitBreaker:
    """Pauses after failures: 1 second, then twice as long after each further failure, at most 30 seconds.

    After a pause, the next operation is a trial. A success ends the outage.

    Args:
        clock: Source of the time and of the random numbers.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_from = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the store must not be used now."""
        return self._failures > 0 and self._clock.monotonic() < self._closed_from

    def fail(self) -> bool:
        """Record a failure, and return whether an outage begins with it."""
        # The exponent is bounded, because 2.0**1024 overflows.
        pause = min(MAX_PAUSE_SECONDS, MIN_PAUSE_SECONDS * 2.0 ** min(self._failures, 16))
        self._closed_from = self._clock.monotonic() + pause * self._clock.uniform(0.75, 1.25)
        self._failures += 1
        return self._failures == 1

    def succeed(self) -> bool:
        """Record a success, and return whether an outage ends with it."""
        failures, self._failures = self._failures, 0
        return failures > 0
