"""The one way of every call: deadline, credential, attempts, answer or error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
from attrs import define, evolve, frozen

from ..errors import (
    ClientClosedError,
    ConnectionFailedError,
    DeadlineExceededError,
    DuroError,
    OutcomeUnknownError,
    TransportError,
)
from . import observe
from .error_response import api_error
from .event_loop import PerLoop
from .in_flight_writes import begin_write
from .request import NO_HEADERS, Answer, Headers, Invocation, Request
from .retry import GiveUp, RetryBudget, decide, leaves_open, settles
from .transport import NotSent, PerhapsSent, TooLarge, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import RetryPolicy, Settings

__all__ = ["Pipeline", "outcome_unknown"]

# So that the deadline of the call, which knows what is in doubt, always speaks before the socket's.
_SOCKET_GRACE: Final = 1.0
# Copies of a client share its budgets, one for each kind; who makes up a new kind for every call has none.
MOST_BUDGETS: Final = 16


@frozen
class _Lane:
    """What one event loop sends through."""

    transport: Transport
    slots: anyio.Semaphore


@define
class _Flight:
    """What is known of one call while it is under way."""

    invocation: Invocation
    started: float
    budget: RetryBudget
    credential: Headers = NO_HEADERS
    attempts: int = 0
    in_doubt: bool = False
    answer: Answer | None = None

    def doubt(self, cause: str) -> OutcomeUnknownError | None:
        # An answer that nobody was given leaves its caller in the same doubt as none.
        if self.in_doubt or (self.answer is not None and self.answer.status < 300):
            return _unknown(self, cause)
        return None


class Pipeline:
    """Sends the calls of one client and of its copies.

    Args:
        settings: What the client was told.
        open_transport: Makes the transport of an event loop, called on that loop.
    """

    def __init__(self, settings: Settings, open_transport: Callable[[], Transport]) -> None:
        self._settings = settings
        self._clock = settings.clock
        self._open_transport = open_transport
        self._lanes = PerLoop(self._open_lane)
        self._budgets: dict[tuple[float, float], RetryBudget] = {}
        self._closed = False

    @property
    def base_url(self) -> str:
        """Where the client speaks to."""
        return self._settings.base_url

    @property
    def in_use(self) -> bool:
        """Whether connections were opened that nobody closed."""
        return bool(self._lanes) and not self._closed

    def check_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            ClientClosedError: The client was closed.
        """
        if self._closed:
            raise ClientClosedError("this client is closed; make a new one")

    async def execute(self, invocation: Invocation) -> Answer:
        """Carry a call out.

        Args:
            invocation: The call.

        Returns:
            The answer, a success.

        Raises:
            ClientClosedError: The client was closed.
            APIError: The API refused.
            TokenExchangeError: The token endpoint refused.
            ConnectionFailedError: The request did not leave.
            DeadlineExceededError: The deadline passed and no write is in doubt.
            OutcomeUnknownError: A write may have happened.
            TransportError: A read got no answer.
        """
        self.check_open()
        budget = self._budget_of(invocation.retry)
        budget.deposit()
        flight = _Flight(invocation, self._clock.monotonic(), budget)
        if invocation.operation.is_mutation:
            begin_write(flight)
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + invocation.timeout):
                return await self._attempt_until_settled(flight)
        except (anyio.get_cancelled_exc_class(), KeyboardInterrupt) as interruption:
            # Trio raises the second wherever its main task stands; asyncio cancels it.
            if flight.in_doubt:
                interruption.add_note(_in_doubt(flight.invocation, "The call was cancelled"))
            raise
        finally:
            if observe.capturing():
                observe.record(self._call(flight))
        raise _deadline_error(flight)

    async def aclose(self) -> None:
        """Close the running loop's connections and refuse further calls.

        Connections of other event loops are left to those loops, which alone
        may touch them.
        """
        self._closed = True
        lane = self._lanes.pop()
        if lane is not None:
            with anyio.CancelScope(shield=True):
                await lane.transport.aclose()

    def _budget_of(self, policy: RetryPolicy) -> RetryBudget:
        kind = (policy.budget, policy.budget_ratio)
        budget = self._budgets.get(kind)
        if budget is None:
            if len(self._budgets) >= MOST_BUDGETS:
                self._budgets.clear()
            budget = self._budgets[kind] = RetryBudget(capacity=policy.budget, ratio=policy.budget_ratio)
        return budget

    def _open_lane(self) -> _Lane:
        width = self._settings.max_connections
        return _Lane(self._open_transport(), anyio.Semaphore(width, fast_acquire=True))

    async def _attempt_until_settled(self, flight: _Flight) -> Answer:
        authorizer = flight.invocation.authorizer
        renewed = False
        while True:
            # Whoever waits for a token takes nobody's place.
            await self._take_credential(flight)
            outcome = await self._attempt(flight)
            if isinstance(outcome, Answer):
                if outcome.status < 300:
                    return outcome if flight.attempts == 1 else evolve(outcome, attempts=flight.attempts)
                if outcome.status == 401 and not renewed and authorizer.refused(flight.credential):
                    renewed = True
                    continue
            decision = decide(
                outcome,
                safe=flight.invocation.idempotency_key is not None or not flight.invocation.operation.is_mutation,
                attempt=flight.attempts - renewed,
                time_left=self._time_left(flight),
                policy=flight.invocation.retry,
                wall=self._clock.wall(),
                uniform=self._clock.uniform,
            )
            if isinstance(decision, GiveUp) or not flight.budget.withdraw():
                raise self._error(flight, outcome)
            await self._clock.sleep(decision.delay)

    async def _take_credential(self, flight: _Flight) -> None:
        failure: DuroError
        try:
            self.check_open()
            flight.credential = flight.invocation.authorizer.ready() or await flight.invocation.authorizer.obtain()
        except DuroError as error:
            if not flight.in_doubt:
                raise
            failure = error
        else:
            return
        # What prevents another attempt must not hide that an earlier one may have done its work.
        raise _unknown(flight, f"There could be no further attempt ({failure})")

    async def _attempt(self, flight: _Flight) -> Answer | NotSent | PerhapsSent:
        lane = self._lanes.get()
        is_queued = lane.slots.value == 0
        async with lane.slots:
            if is_queued:
                # The wait for a place may have outlasted the token.
                await self._take_credential(flight)
            request = self._request(flight)
            flight.attempts += 1
            doubted = flight.in_doubt
            flight.in_doubt = is_mutation = flight.invocation.operation.is_mutation
            outcome: Answer | NotSent | PerhapsSent
            try:
                outcome = await lane.transport.send(request)
            except (NotSent, PerhapsSent) as failure:
                outcome = failure
        if isinstance(outcome, Answer):
            flight.answer = outcome
            lost = doubted or (is_mutation and leaves_open(outcome.status))
            flight.in_doubt = lost and not settles(outcome.status)
            self._log(flight, outcome.status, outcome.request_id)
        else:
            flight.answer = None
            if isinstance(outcome, NotSent):
                flight.in_doubt = doubted
            self._log(flight, outcome, None)
        return outcome

    def _request(self, flight: _Flight) -> Request:
        invocation = flight.invocation
        url = self._settings.base_url + invocation.path
        return Request(
            invocation.operation.method,
            f"{url}?{invocation.query}" if invocation.query else url,
            Headers(invocation.headers + flight.credential),
            invocation.content,
            max(0.0, self._time_left(flight)) + _SOCKET_GRACE,
            self._settings.max_answer_bytes,
        )

    def _time_left(self, flight: _Flight) -> float:
        return flight.started + flight.invocation.timeout - self._clock.monotonic()

    def _error(self, flight: _Flight, outcome: Answer | NotSent | PerhapsSent) -> DuroError:
        key = flight.invocation.idempotency_key
        if isinstance(outcome, Answer):
            refusal = api_error(outcome, credential=flight.credential, idempotency_key=key, wall=self._clock.wall())
            return _unknown(flight, f"The last answer was {refusal}") if flight.in_doubt else refusal
        if flight.in_doubt:
            return _unknown(flight, f"The last attempt failed ({outcome})")
        if isinstance(outcome, NotSent):
            return ConnectionFailedError(
                f"no connection to the API could be made ({outcome}); nothing was sent",
                idempotency_key=key,
                attempts=flight.attempts,
            )
        if isinstance(outcome, TooLarge):
            return TransportError(
                f"{outcome}; ask for less, or give the client more max_answer_bytes=", attempts=flight.attempts
            )
        return TransportError(
            f"the connection failed before the answer came ({outcome}); a read is safe to call again",
            attempts=flight.attempts,
        )

    def _log(self, flight: _Flight, outcome: object, request_id: str | None) -> None:
        operation = flight.invocation.operation
        observe.log_attempt(operation, attempt=flight.attempts, outcome=outcome, request_id=request_id)

    def _call(self, flight: _Flight) -> observe.Call:
        answer = flight.answer
        return observe.Call(
            operation=flight.invocation.operation.id,
            status=answer.status if answer else None,
            headers=answer.headers.shown() if answer else {},
            request_id=answer.request_id if answer else None,
            attempts=flight.attempts,
            idempotency_key=flight.invocation.idempotency_key,
            elapsed=self._clock.monotonic() - flight.started,
        )


def _deadline_error(flight: _Flight) -> TransportError:
    timeout = flight.invocation.timeout
    if flight.in_doubt:
        return _unknown(flight, f"The deadline of {timeout:g} s passed")
    return DeadlineExceededError(
        f"the deadline of {timeout:g} s passed, and nothing was changed; give the call a longer timeout=",
        idempotency_key=flight.invocation.idempotency_key,
        attempts=flight.attempts,
    )


def _unknown(flight: _Flight, cause: str) -> OutcomeUnknownError:
    return outcome_unknown(flight.invocation, cause, attempts=flight.attempts)


def outcome_unknown(invocation: Invocation, cause: str, *, attempts: int) -> OutcomeUnknownError:
    """Say that a write may have happened, and how to learn what became of it.

    Args:
        invocation: The write.
        cause: Why nobody knows.
        attempts: How many times it was sent.
    """
    key = invocation.idempotency_key
    return OutcomeUnknownError(_in_doubt(invocation, cause), idempotency_key=key, attempts=attempts)


def _in_doubt(invocation: Invocation, cause: str) -> str:
    return (
        f"{cause}; outcome unknown: {invocation.operation.id} left this machine and may have happened. "
        f"Call again with idempotency_key={invocation.idempotency_key!r} to learn what became of it: "
        "it cannot happen twice under one key."
    )
