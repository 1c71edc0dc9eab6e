"""Guard around a token store: time limits, circuit breaker, one warning per outage, counters.

A failure of the store never fails a call. Each one becomes a ``TokenStoreError``, after which the client exchanges the
credentials by itself.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
from attrs import define

from .breaker import CircuitBreaker
from .protocol import TokenStoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..._clock import Clock
    from .counters import MutableCounters
    from .protocol import TokenStore
    from .selection import ChosenStore

__all__ = ["StoreGuard", "TimeBudget"]

T = TypeVar("T")

CLOSE_SECONDS: Final = 1.0

_logger = logging.getLogger("duro.auth")


@define
class TimeBudget:
    """Seconds that an exchange may still wait for the store."""

    left: float


class StoreGuard:
    """Token store of a client, whose failures are limited, counted and logged.

    Args:
        chosen: Store, and whether to close it.
        clock: Source of the time and of the random numbers.
        counters: Counters of the client.
    """

    def __init__(self, chosen: ChosenStore, clock: Clock, counters: MutableCounters) -> None:
        self._store = chosen.store
        self._is_owned = chosen.is_owned
        self._clock = clock
        self._breaker = CircuitBreaker(clock)
        self._has_warned_of_value = False
        self._is_closed = False
        self.counters = counters

    async def run(
        self, operation: Callable[[TokenStore], Awaitable[T]], budget: TimeBudget, *, during_pause: bool = False
    ) -> T:
        """Run an operation of the store.

        Args:
            operation: Function that calls one method of the store.
            budget: Time that is left. The duration of the operation is subtracted.
            during_pause: Whether to run it even if the store has failed recently.

        Returns:
            The result of the operation.

        Raises:
            TokenStoreError: The operation failed, or the time is up, or the store has failed recently.
        """
        if self._is_closed:
            # A store opens its connections again when they are needed.
            raise TokenStoreError("the client is closed")
        if self._breaker.is_open and not during_pause:
            raise TokenStoreError("the token store has failed recently")
        began = self._clock.monotonic()
        try:
            with anyio.fail_after(budget.left):
                result = await operation(self._store)
        except Exception as error:  # noqa: BLE001 - a store of the user may raise anything
            failure = error
        else:
            return result
        finally:
            budget.left = max(0.0, budget.left - (self._clock.monotonic() - began))
        raise self.record_failure(failure)

    def record_failure(self, failure: Exception) -> TokenStoreError:
        """Count a failure, stop using the store for a while, and log the first failure of an outage.

        Args:
            failure: Exception of the store.

        Returns:
            The error to raise.
        """
        self.counters.store_errors += 1
        description = _describe(failure)
        if self._breaker.fail():
            _logger.warning("the token store failed, and this process exchanges by itself: %s", description)
        else:
            _logger.debug("the token store failed again: %s", description)
        return TokenStoreError(description)

    def record_success(self) -> None:
        """Record that the store returned or stored a token, which ends an outage."""
        if self._breaker.succeed():
            _logger.info("the token store works again")

    async def aclose(self) -> None:
        """Close the connections of the running loop, unless the store belongs to the user. Reject operations."""
        self._is_closed = True
        if self._is_owned:
            with anyio.move_on_after(CLOSE_SECONDS), suppress(Exception):
                await self._store.aclose()

    def reject_value(self, reason: str) -> None:
        """Count a stored value that was rejected, and log the first one.

        Args:
            reason: Description without any part of the value.
        """
        self.counters.store_errors += 1
        level = logging.DEBUG if self._has_warned_of_value else logging.WARNING
        self._has_warned_of_value = True
        _logger.log(level, "a value in the token store was rejected, and will be replaced: %s", reason)

    def accept_value(self) -> None:
        """Record that a stored value was valid, so that the next rejected one is logged again."""
        self._has_warned_of_value = False


def _describe(failure: Exception) -> str:
    """Return a description without addresses and passwords, which the messages of other libraries may contain."""
    if isinstance(failure, TokenStoreError):
        return str(failure)
    if isinstance(failure, TimeoutError):
        return "it did not respond in time"
    return type(failure).__name__
