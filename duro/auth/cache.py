"""Token cache: any number of concurrent calls share one token exchange.

Age of the token
    - Below the soft limit: the token is returned. This needs neither a
      lock nor an await, because it happens on every call.
    - Between the limits: the token is returned, and one background task
      refreshes it. A failure is logged, and the next refresh waits for the
      cooldown. Calls do not notice either.
    - At the hard limit and above: the token is never sent again. Calls wait
      for an exchange.

Waiting for an exchange
    Calls queue at the lock of their event loop. The first one starts an
    attempt and waits for it. The others wait for the lock, and then share the
    outcome of the attempt that they waited for: its token, or a copy of its
    error. With the lock alone, 200 calls would send 200 requests one after
    another to an endpoint that fails. The comparison of ``finished`` before and
    after the lock shows whether an attempt ended in the meantime. The shared
    token is returned even if it has already expired, because a shorter
    lifetime than the wait must not lead to one exchange per call.

Attempts
    An attempt runs in a task of its own. The call that started it may be
    cancelled at any time, and the attempt continues for the others. An anyio
    shield would not protect it, because ``task.cancel()`` of asyncio ignores
    shields. An attempt ends without an outcome if its task was cancelled, which
    happens when the user cancels all tasks of a loop. The waiting call then starts
    another one.

    A call that was cancelled while it waited is cancelled before it returns.
    Otherwise its request would be sent first.

Failures
    A failure is cached, so that an endpoint with problems does not get a
    request from each call. `get` raises a copy of the cached error at once. The
    cooldown is 1, 2, 4 and then 8 seconds after consecutive transient failures,
    or ``Retry-After`` if that is longer. It is 10 seconds after a permanent one
    (400, 401, 403, or an invalid response). A usable token takes precedence
    over a cached failure. The cooldown uses the monotonic clock, which cannot
    be set.

    The caller of `get` may wait for the time from `choose_delay` and then call
    `get` again. All callers wait for the same time, and share the next attempt.
    Attempts therefore grow with the length of an outage, and not with the
    number of calls.

Rejected tokens
    `reject` removes a token for which the API returned 401. An API that rejects
    every token would otherwise cause one exchange per call. A token that is
    rejected within 10 seconds, before the API accepted it once, therefore counts
    as a failed exchange. The first one is replaced at once, because it may have
    been revoked. The next ones stay in place for the cooldown, and calls get
    the 401 of the API.

Who may change what
    The token and the failure belong to the process: all event loops and
    threads read them, and each change is one assignment. `_LoopState` (lock,
    attempts) belongs to one event loop and is used only there, because locks
    and events of anyio cannot wake tasks of another loop. Two loops without a
    token may therefore send one exchange each.

    Only an attempt stores a token or a failure. Only `invalidate` removes a
    token, and only if it is still the same object. A late 401 for an old token
    must not discard its successor. Two threads that reject one token at the
    same time store two equal rejections, and one of them stays.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import checkpoint_if_cancelled
from attrs import define, field

from ..errors import ClientClosedError
from ..http.event_loop import PerLoop, spawn_detached
from .cooldown import Failure, Rejection, is_transient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .._clock import Clock
    from .token import Token

__all__ = ["TokenCache"]

_logger = logging.getLogger("duro.auth")


@define(eq=False)
class _Attempt:
    """One exchange in progress. ``outcome`` stays ``None`` only if its task was cancelled."""

    done: anyio.Event = field(factory=anyio.Event)
    outcome: Token | Failure | None = None
    task: object = None


@define(eq=False)
class _LoopState:
    """Lock and attempts of one event loop.

    Attributes:
        lock: Lock at which calls wait for their turn.
        attempt: Attempt in progress, ``None`` without one.
        last: Last attempt with an outcome.
        finished: Number of attempts with an outcome.
    """

    lock: anyio.Lock = field(factory=lambda: anyio.Lock(fast_acquire=True))
    attempt: _Attempt | None = None
    last: _Attempt | None = None
    finished: int = 0


class TokenCache:
    """Cache of one OAuth client's token, for all event loops and threads of the process.

    Args:
        exchange: Function that requests a token once. It raises a ``DuroError`` on failure.
        clock: Sources of time and random numbers.
        on_invalid: Function that is called with each token that the API rejected and that was removed.
    """

    def __init__(
        self,
        exchange: Callable[[], Awaitable[Token]],
        clock: Clock,
        on_invalid: Callable[[Token], None] | None = None,
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._on_invalid = on_invalid
        self._token: Token | None = None
        self._failure: Failure | None = None
        self._refresh_not_before = 0.0
        self._accepted: object = None
        self._rejection: Rejection | None = None
        self._loop_states = PerLoop(_LoopState)

    def cached_token(self) -> Token | None:
        """Return the token if it is younger than its soft limit, else ``None``. Without lock or await."""
        token = self._token
        if token is not None and token.age(self._clock) < token.soft_limit:
            return token
        return None

    async def get(self) -> Token:
        """Return a usable token, after an exchange if necessary.

        Returns:
            The token. Between its limits, this is the present one, while a task refreshes it.

        Raises:
            TokenExchangeError: The endpoint returned an error or an invalid response.
            ConnectionFailedError: The connection to the endpoint failed.
            DeadlineExceededError: The endpoint did not respond in time.
        """
        token = self._usable_token()
        if token is None:
            token = await self._wait_for_refresh()
            await checkpoint_if_cancelled()
        elif token.age(self._clock) >= token.soft_limit:
            self._refresh_in_background()
        return token

    def choose_delay(self, error: BaseException) -> float | None:
        """Return the seconds until the next exchange may start.

        Args:
            error: Error that `get` raised.

        Returns:
            Seconds, or ``None`` if the error is permanent, so that a wait does not help.
        """
        if not is_transient(error):
            return None
        failure = self._failure
        return 0.0 if failure is None else failure.choose_delay(self._clock)

    def accept(self, headers: object) -> None:
        """Store that the API accepted the token with these headers."""
        self._accepted = headers

    def reject(self, headers: object) -> bool:
        """Invalidate the token that the API rejected, unless it was already replaced.

        Args:
            headers: Headers that the API rejected.

        Returns:
            Whether another token is available, or an exchange for one may start.
        """
        token = self.token_for(headers)
        if token is None:
            return True
        rejection = self._rejection
        if rejection is None or rejection.token is not token:
            rejection = Rejection.from_token(
                token, rejection, self._clock, was_accepted=self._accepted is token.headers
            )
            self._rejection = rejection
        if self._clock.monotonic() < rejection.until:
            return False
        self.invalidate(token)
        return True

    def invalidate(self, token: Token) -> None:
        """Remove a token that the API rejected, unless it was already replaced."""
        if self._token is token:
            self._token = None
            if self._on_invalid is not None:
                self._on_invalid(token)

    def token_for(self, headers: object) -> Token | None:
        """Return the cached token if these are its headers, else ``None``."""
        token = self._token
        return token if token is not None and token.headers is headers else None

    def _usable_token(self) -> Token | None:
        token = self._token
        if token is not None and token.age(self._clock) < token.hard_limit:
            return token
        return None

    def _cached_failure(self) -> Failure | None:
        failure = self._failure
        if failure is not None and self._clock.monotonic() < failure.until:
            return failure
        return None

    def _refresh_in_background(self) -> None:
        """Start an attempt, unless one is in progress or the last one failed too recently."""
        state = self._loop_states.get()
        if state.attempt is None and self._clock.monotonic() >= self._refresh_not_before:
            self._start_attempt(state)

    async def _wait_for_refresh(self) -> Token:
        if failure := self._cached_failure():
            raise failure.copy_error()
        state = self._loop_states.get()
        finished_before = state.finished
        async with state.lock:
            # An attempt ended during the wait. Its outcome counts, even a token that has already expired.
            if state.finished > finished_before and state.last is not None:
                return self._unwrap(state.last.outcome)
            # Another loop, or a background refresh, may have changed the token or the failure.
            if token := self._usable_token():
                return token
            if failure := self._cached_failure():
                raise failure.copy_error()
            while True:
                attempt = state.attempt or self._start_attempt(state)
                await attempt.done.wait()
                if attempt.outcome is not None:
                    return self._unwrap(attempt.outcome)

    def _start_attempt(self, state: _LoopState) -> _Attempt:
        attempt = state.attempt = _Attempt()

        async def run() -> None:
            attempt.outcome = await self._exchange_token()

        attempt.task = spawn_detached(run, lambda: self._end_attempt(state, attempt), name="duro-token-exchange")
        return attempt

    def _end_attempt(self, state: _LoopState, attempt: _Attempt) -> None:
        state.attempt = None
        if attempt.outcome is not None:
            state.last = attempt
            state.finished += 1
        attempt.done.set()

    async def _exchange_token(self) -> Token | Failure:
        # Nobody awaits this task. An exception that it does not return as a value would be lost.
        # Read before the exchange, so that two loops that fail together count as one failure.
        previous = self._failure
        try:
            token = await self._exchange()
        except (SystemExit, KeyboardInterrupt) as interruption:
            # Raised in this task, it would end the event loop. Waiting calls get it, and it is not cached for others.
            return Failure(interruption, until=0.0)
        except ClientClosedError as error:
            return Failure(error, until=0.0)
        except Exception as error:  # noqa: BLE001 - returned as a value
            failure = Failure.from_error(error, previous, self._clock)
        else:
            self._token, self._failure, self._refresh_not_before = token, None, 0.0
            _logger.debug("token exchange: the new token expires in %g s", token.expires_in)
            return token
        self._failure = failure
        self._refresh_not_before = failure.until
        if self._usable_token():
            _logger.warning("the token refresh failed, and the present token stays in use: %s", failure.error)
        else:
            _logger.info("the token exchange failed: %s", failure.error)
        return failure

    def _unwrap(self, outcome: Token | Failure | None) -> Token:
        if isinstance(outcome, Failure):
            # Another event loop may have got a token in the meantime.
            if token := self._usable_token():
                return token
            raise outcome.copy_error()
        assert outcome is not None  # noqa: S101 - only attempts with an outcome are shared
        return outcome
