"""The token cache: any number of callers, one exchange.

A token has two limits. Up to the soft limit it is simply used. Between the
soft and the hard limit one exchange renews it in the background, and everybody
goes on with the good token. Past the hard limit callers queue at a lock and
share what the one exchange brings, a token or a failure. Failures are
remembered, so that an endpoint in trouble is not asked by each caller anew.

The exchange runs in a task of its own. A caller that leads it may be
cancelled at any time, by a scope or by ``task.cancel()``; the exchange goes on
for those who wait behind him.
"""

from __future__ import annotations

import copy
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import anyio
from anyio.lowlevel import checkpoint_if_cancelled
from attrs import define, field, frozen

from ..errors import TokenExchangeError
from ..http.event_loop import PerLoop, spawn_detached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .._clock import Clock
    from .token import Token

__all__ = ["TokenCache"]

_logger = logging.getLogger("duro.auth")

PASSING_FAILURE: Final = 1.0
LASTING_FAILURE: Final = 10.0
# A wrong clock or a slip of the server must not silence a client for days.
LONGEST_PAUSE: Final = 300.0
LASTING_STATUSES: Final = frozenset({400, 401, 403})


@frozen
class _Failure:
    """A failed exchange, remembered until a moment of the monotonic clock."""

    error: BaseException
    until: float

    def anew(self) -> BaseException:
        """Give the error as an exception of its own: a shared one would gather everybody's traceback."""
        # A transport of the user's own may raise what it should not, and what cannot be copied.
        with suppress(TypeError):
            return copy.copy(self.error)
        return self.error


@define(eq=False)
class _Attempt:
    """One exchange under way; ``outcome`` stays ``None`` only if its task was killed."""

    done: anyio.Event = field(factory=anyio.Event)
    outcome: Token | _Failure | None = None
    task: object = None


@define(eq=False)
class _Line:
    """Where the callers of one event loop queue."""

    lock: anyio.Lock = field(factory=lambda: anyio.Lock(fast_acquire=True))
    attempt: _Attempt | None = None
    last: _Attempt | None = None
    finished: int = 0


class TokenCache:
    """Keeps one OAuth client's token for all event loops and threads of the process.

    Args:
        exchange: Asks the endpoint once; raises a ``DuroError`` when it fails.
        clock: Time and chance.
    """

    def __init__(self, exchange: Callable[[], Awaitable[Token]], clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._token: Token | None = None
        self._failure: _Failure | None = None
        self._no_renewal_before = 0.0
        self._lines = PerLoop(_Line)

    def fresh(self) -> Token | None:
        """Give the token if it is below its soft limit: no lock, no await."""
        token = self._token
        if token is not None and token.age(self._clock) < token.soft_limit:
            return token
        return None

    async def get(self) -> Token:
        """Give a usable token, exchanging if there is none.

        Returns:
            The token; between its limits, the old one while another is fetched.

        Raises:
            TokenExchangeError: The endpoint refused, or answered nonsense.
            ConnectionFailedError: The endpoint could not be reached.
            DeadlineExceededError: The endpoint did not answer in time.
        """
        token = self._usable()
        if token is None:
            token = await self._queue()
            await checkpoint_if_cancelled()
        elif token.age(self._clock) >= token.soft_limit:
            self._renew_early()
        return token

    def drop(self, refused: Token) -> None:
        """Forget a token that the API refused, unless another has taken its place."""
        if self._token is refused:
            self._token = None

    def token_for(self, headers: object) -> Token | None:
        """Give the present token if these are its headers."""
        token = self._token
        return token if token is not None and token.headers is headers else None

    def _usable(self) -> Token | None:
        token = self._token
        if token is not None and token.age(self._clock) < token.hard_limit:
            return token
        return None

    def _remembered(self) -> _Failure | None:
        failure = self._failure
        if failure is not None and self._clock.monotonic() < failure.until:
            return failure
        return None

    def _renew_early(self) -> None:
        """Begin to renew, if nobody has and the last failure is long enough ago."""
        line = self._lines.get()
        if line.attempt is None and self._clock.monotonic() >= self._no_renewal_before:
            self._begin(line)

    async def _queue(self) -> Token:
        if failure := self._remembered():
            raise failure.anew()
        line = self._lines.get()
        seen = line.finished
        async with line.lock:
            # Whoever waited takes what came of the attempt waited for, even a token whose life is over already.
            if line.finished > seen and line.last is not None:
                return self._unwrap(line.last.outcome)
            if token := self._usable():
                return token
            if failure := self._remembered():
                raise failure.anew()
            while True:
                attempt = line.attempt or self._begin(line)
                await attempt.done.wait()
                if attempt.outcome is not None:
                    return self._unwrap(attempt.outcome)

    def _begin(self, line: _Line) -> _Attempt:
        attempt = line.attempt = _Attempt()

        async def run() -> None:
            attempt.outcome = await self._try()

        attempt.task = spawn_detached(run, lambda: self._end(line, attempt), name="duro-token-exchange")
        return attempt

    def _end(self, line: _Line, attempt: _Attempt) -> None:
        line.attempt = None
        if attempt.outcome is not None:
            line.last = attempt
            line.finished += 1
        attempt.done.set()

    async def _try(self) -> Token | _Failure:
        # This task is the boundary: what it does not hand over as a value, nobody would ever hear of.
        try:
            token = await self._exchange()
        except (SystemExit, KeyboardInterrupt) as interruption:
            # Somebody's transport raised what would end the loop for everybody; those who wait get it, nobody later.
            return _Failure(interruption, until=0.0)
        except Exception as error:  # noqa: BLE001 - handed on as a value
            failure = _Failure(error, self._clock.monotonic() + self._pause_after(error))
        else:
            self._token, self._failure, self._no_renewal_before = token, None, 0.0
            return token
        self._failure = failure
        self._no_renewal_before = failure.until
        if self._usable():
            _logger.warning("the token could not be renewed, the present one stays in use: %s", failure.error)
        return failure

    def _pause_after(self, error: Exception) -> float:
        passing = PASSING_FAILURE * self._clock.uniform(0.75, 1.25)
        if not isinstance(error, TokenExchangeError):
            return passing
        if error.status in LASTING_STATUSES or error.status is None or error.status < 300:
            return LASTING_FAILURE
        return max(passing, min(error.retry_after or 0.0, LONGEST_PAUSE))

    def _unwrap(self, outcome: Token | _Failure | None) -> Token:
        if isinstance(outcome, _Failure):
            # Another event loop may have had more luck meanwhile.
            if token := self._usable():
                return token
            raise outcome.anew()
        assert outcome is not None  # noqa: S101 - only attempts with an outcome are shared
        return outcome
