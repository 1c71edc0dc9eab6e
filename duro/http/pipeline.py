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
from .request import NO_HEADERS, Headers, Invocation, Request, Response
from .retry import GiveUp, RetryBudget, decide, is_conclusive, is_gateway_error
from .transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import RetryPolicy, Settings

__all__ = ["Pipeline", "outcome_unknown"]

# So that the deadline of the call, which knows what is in doubt, always speaks before the socket's.
_SOCKET_GRACE: Final = 1.0
# Copies of a client share its budgets, one for each kind; who makes up a new kind for every call has none.
MOST_BUDGETS: Final = 16


@frozen
class _LoopTransport:
    """What one event loop sends through."""

    transport: Transport
    slots: anyio.Semaphore


@define
class _CallState:
    """What is known of one call while it is under way."""

    invocation: Invocation
    started: float
    budget: RetryBudget
    credential: Headers = NO_HEADERS
    attempts: int = 0
    in_doubt: bool = False
    answer: Response | None = None

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
        self._transports = PerLoop(self._open_loop_transport)
        self._budgets: dict[tuple[float, float], RetryBudget] = {}
        self._closed = False

    @property
    def base_url(self) -> str:
        """Where the client speaks to."""
        return self._settings.base_url

    @property
    def in_use(self) -> bool:
        """Whether connections were opened that nobody closed."""
        return bool(self._transports) and not self._closed

    def check_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            ClientClosedError: The client was closed.
        """
        if self._closed:
            raise ClientClosedError("this client is closed; make a new one")

    async def execute(self, invocation: Invocation) -> Response:
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
        state = _CallState(invocation, self._clock.monotonic(), budget)
        if invocation.operation.is_mutation:
            begin_write(state)
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + invocation.timeout):
                return await self._attempt_until_settled(state)
        except (anyio.get_cancelled_exc_class(), KeyboardInterrupt) as interruption:
            # Trio raises the second wherever its main task stands; asyncio cancels it.
            if state.in_doubt:
                interruption.add_note(_in_doubt(state.invocation, "The call was cancelled"))
            raise
        finally:
            if observe.capturing():
                observe.record(self._call(state))
        raise _deadline_error(state)

    async def aclose(self) -> None:
        """Close the running loop's connections and refuse further calls.

        Connections of other event loops are left to those loops, which alone
        may touch them.
        """
        self._closed = True
        lane = self._transports.pop()
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

    def _open_loop_transport(self) -> _LoopTransport:
        width = self._settings.max_connections
        return _LoopTransport(self._open_transport(), anyio.Semaphore(width, fast_acquire=True))

    async def _attempt_until_settled(self, state: _CallState) -> Response:
        authorizer = state.invocation.authorizer
        renewed = False
        while True:
            # Whoever waits for a token takes nobody's place.
            await self._take_credential(state)
            outcome = await self._attempt(state)
            if isinstance(outcome, Response):
                if outcome.status < 300:
                    return outcome if state.attempts == 1 else evolve(outcome, attempts=state.attempts)
                if outcome.status == 401 and not renewed and authorizer.on_unauthorized(state.credential):
                    renewed = True
                    continue
            decision = decide(
                outcome,
                safe=state.invocation.idempotency_key is not None or not state.invocation.operation.is_mutation,
                attempt=state.attempts - renewed,
                time_left=self._time_left(state),
                policy=state.invocation.retry,
                wall=self._clock.wall(),
                uniform=self._clock.uniform,
            )
            if isinstance(decision, GiveUp) or not state.budget.withdraw():
                raise self._error(state, outcome)
            await self._clock.sleep(decision.delay)

    async def _take_credential(self, state: _CallState) -> None:
        failure: DuroError
        try:
            self.check_open()
            state.credential = (
                state.invocation.authorizer.cached_headers() or await state.invocation.authorizer.get_headers()
            )
        except DuroError as error:
            if not state.in_doubt:
                raise
            failure = error
        else:
            return
        # What prevents another attempt must not hide that an earlier one may have done its work.
        raise _unknown(state, f"There could be no further attempt ({failure})")

    async def _attempt(self, state: _CallState) -> Response | RequestNotSentError | ResponseLostError:
        lane = self._transports.get()
        is_queued = lane.slots.value == 0
        async with lane.slots:
            if is_queued:
                # The wait for a place may have outlasted the token.
                await self._take_credential(state)
            request = self._request(state)
            state.attempts += 1
            doubted = state.in_doubt
            state.in_doubt = is_mutation = state.invocation.operation.is_mutation
            outcome: Response | RequestNotSentError | ResponseLostError
            try:
                outcome = await lane.transport.send(request)
            except (RequestNotSentError, ResponseLostError) as failure:
                outcome = failure
        if isinstance(outcome, Response):
            state.answer = outcome
            lost = doubted or (is_mutation and is_gateway_error(outcome.status))
            state.in_doubt = lost and not is_conclusive(outcome.status)
            self._log(state, outcome.status, outcome.request_id)
        else:
            state.answer = None
            if isinstance(outcome, RequestNotSentError):
                state.in_doubt = doubted
            self._log(state, outcome, None)
        return outcome

    def _request(self, state: _CallState) -> Request:
        invocation = state.invocation
        url = self._settings.base_url + invocation.path
        return Request(
            invocation.operation.method,
            f"{url}?{invocation.query}" if invocation.query else url,
            Headers(invocation.headers + state.credential),
            invocation.content,
            max(0.0, self._time_left(state)) + _SOCKET_GRACE,
            self._settings.max_response_bytes,
        )

    def _time_left(self, state: _CallState) -> float:
        return state.started + state.invocation.timeout - self._clock.monotonic()

    def _error(self, state: _CallState, outcome: Response | RequestNotSentError | ResponseLostError) -> DuroError:
        key = state.invocation.idempotency_key
        if isinstance(outcome, Response):
            refusal = api_error(outcome, credential=state.credential, idempotency_key=key, wall=self._clock.wall())
            return _unknown(state, f"The last answer was {refusal}") if state.in_doubt else refusal
        if state.in_doubt:
            return _unknown(state, f"The last attempt failed ({outcome})")
        if isinstance(outcome, RequestNotSentError):
            return ConnectionFailedError(
                f"no connection to the API could be made ({outcome}); nothing was sent",
                idempotency_key=key,
                attempts=state.attempts,
            )
        if isinstance(outcome, ResponseTooLargeError):
            return TransportError(
                f"{outcome}; ask for less, or give the client more max_response_bytes=", attempts=state.attempts
            )
        return TransportError(
            f"the connection failed before the answer came ({outcome}); a read is safe to call again",
            attempts=state.attempts,
        )

    def _log(self, state: _CallState, outcome: object, request_id: str | None) -> None:
        operation = state.invocation.operation
        observe.log_attempt(operation, attempt=state.attempts, outcome=outcome, request_id=request_id)

    def _call(self, state: _CallState) -> observe.Call:
        answer = state.answer
        return observe.Call(
            operation=state.invocation.operation.id,
            status=answer.status if answer else None,
            headers=answer.headers.shown() if answer else {},
            request_id=answer.request_id if answer else None,
            attempts=state.attempts,
            idempotency_key=state.invocation.idempotency_key,
            elapsed=self._clock.monotonic() - state.started,
        )


def _deadline_error(state: _CallState) -> TransportError:
    timeout = state.invocation.timeout
    if state.in_doubt:
        return _unknown(state, f"The deadline of {timeout:g} s passed")
    return DeadlineExceededError(
        f"the deadline of {timeout:g} s passed, and nothing was changed; give the call a longer timeout=",
        idempotency_key=state.invocation.idempotency_key,
        attempts=state.attempts,
    )


def _unknown(state: _CallState, cause: str) -> OutcomeUnknownError:
    return outcome_unknown(state.invocation, cause, attempts=state.attempts)


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
