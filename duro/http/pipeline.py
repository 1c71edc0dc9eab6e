"""Pipeline of a call: deadline, credential, attempts, and a response or an error.

One task runs a call from start to end, in `Pipeline.execute`. It repeats three
steps until the call has a result::

    _load_credential ──► _send_once ──► decide ──► response or error
          ▲                                │
          └──────── wait for the delay ◄───┘

One cancel scope bounds all of this: waits for a token, for a slot and for a
retry count towards the same deadline. The timeout of each socket operation is
a second longer than the time left. The scope therefore ends the call first,
and only the scope knows whether a write is in doubt.
`call_state` explains when it is.

Token
    A call that needs a token waits for an exchange, which it shares with all
    calls that wait. An exchange that fails for a transient reason counts as an
    attempt of each of them. A call with retries and time left waits until the
    authorizer may start the next exchange, and shares that one. The retry
    budget does not apply, since no request reaches the API.

Slots
    The limiter has as many slots as there are connections. A call gets its
    token first and its slot second, so that a wait for a token does not block
    other calls. A call that waited for a slot checks its token again, because
    the token may have expired. No slot is held during the delay of a retry.

401
    The authorizer drops the token, and the request is sent again at once with
    the same bytes and key. This happens once per call and does not count as a
    retry. A second 401 is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, overload

import anyio
from attrs import evolve

from ..errors import ClientClosedError, DuroError, OutcomeUnknownError
from . import call_log, observe
from .call_errors import build_attempt_error, build_deadline_error, build_ended_error
from .call_state import CallState
from .classification import classify
from .event_loop import PerLoop
from .exchange_wait import wait_for_next_exchange
from .failed_call import set_call
from .in_flight_writes import register_write, unregister_write
from .request import Headers, Request, Response
from .retry import GiveUp, RetryBudgets, decide
from .transport import RequestNotSentError, ResponseLostError
from .transport.limited import LimitedTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import ClientSettings
    from .request import Invocation
    from .transport import AttemptOutcome, Transport

__all__ = ["Pipeline"]

T = TypeVar("T")

# Sockets time out later than the call by this margin; see above.
_SOCKET_MARGIN_SECONDS: Final = 1.0


class Pipeline:
    """Sender of all calls of one client and of its copies.

    Args:
        settings: Settings of the client.
        open_transport: Function that creates the transport of an event loop. It is called on that loop.
    """

    def __init__(self, settings: ClientSettings, open_transport: Callable[[], Transport]) -> None:
        self._settings = settings
        self._clock = settings.clock
        self._open_transport = open_transport
        self._transports = PerLoop(self._open_limited_transport)
        self._budgets = RetryBudgets()
        self._closed = False

    @property
    def base_url(self) -> str:
        """Address of the API."""
        return self._settings.base_url

    @property
    def in_use(self) -> bool:
        """Whether there are open connections that were not closed."""
        return bool(self._transports) and not self._closed

    def check_open(self) -> None:
        """Check that the client is not closed.

        Raises:
            ClientClosedError: The client is closed.
        """
        if self._closed:
            raise ClientClosedError("this client is closed; create a new one")

    @overload
    async def execute(self, invocation: Invocation) -> Response: ...
    @overload
    async def execute(self, invocation: Invocation, read: Callable[[Response], T]) -> T: ...
    async def execute(
        self, invocation: Invocation, read: Callable[[Response], object] | None = None
    ) -> Response | object:
        """Send a call, with retries, and return its response.

        Args:
            invocation: Call to send.
            read: Function that reads the response. If it fails after a write, the idempotency key is reported.

        Returns:
            The response, with a 2xx status, or the result of ``read``.

        Raises:
            ClientClosedError: The client is closed.
            APIError: The API returned an error.
            TokenExchangeError: The token endpoint returned an error or an invalid response.
            ConnectionFailedError: The request was not sent.
            DeadlineExceededError: The deadline passed, and no write is in doubt.
            OutcomeUnknownError: A write may have been processed.
            TransportError: A read got no response.
        """
        self.check_open()
        budget = self._budgets.for_policy(invocation.retry)
        budget.deposit()
        state = CallState(invocation, self._clock.monotonic(), budget, self._settings.base_url)
        if invocation.operation.is_mutation:
            register_write(state)
        try:
            response = await self._send_before_deadline(state)
            return response if read is None else read(response)
        except OutcomeUnknownError:
            raise
        except BaseException as ending:
            state.report_lost_outcome(f"the call was ended by {type(ending).__name__}", ending)
            raise
        finally:
            unregister_write(state)

    def reject_calls(self) -> None:
        """Reject further calls."""
        self._closed = True

    async def aclose(self) -> None:
        """Close the connections of the running loop, and reject further calls.

        Connections of other event loops stay open, because only their own loop
        may close them.
        """
        self.reject_calls()
        transport = self._transports.pop()
        if transport is not None:
            await transport.aclose()

    def _open_limited_transport(self) -> LimitedTransport:
        return LimitedTransport(self._open_transport(), max_connections=self._settings.max_connections)

    async def _send_before_deadline(self, state: CallState) -> Response:
        failure: Exception
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + state.invocation.timeout):
                return await self._send_with_retries(state)
            failure = build_deadline_error(state)
        except OutcomeUnknownError:
            raise
        except Exception as error:
            if not state.in_doubt:
                raise
            # The reason that prevents another attempt must not hide that an earlier one may have been processed.
            failure = build_ended_error(state, error)
        finally:
            self._record(state)
        try:
            raise failure
        finally:
            del failure  # otherwise, this frame and the traceback would keep each other alive

    def _record(self, state: CallState) -> None:
        is_logging, is_capturing = call_log.is_logging_calls(), observe.is_capturing()
        if is_logging or is_capturing:
            record = state.build_record(self._clock.monotonic())
            if is_logging:
                call_log.log_call(state.invocation.operation, record)
            if is_capturing:
                observe.record_call(record)

    async def _send_with_retries(self, state: CallState) -> Response:
        outcome: AttemptOutcome | None = None
        try:
            while True:
                # Before the slot, so that a wait for a token does not block other calls.
                await self._load_credential(state)
                outcome = await self._send_once(state)
                if outcome is None:
                    continue
                if isinstance(outcome, Response):
                    if classify(outcome).is_success:
                        return _accept(state, outcome)
                    if outcome.status == 401 and _replace_credential(state):
                        continue
                await self._clock.sleep(self._choose_delay(state, outcome))
        finally:
            del outcome  # the traceback of its cause refers to this frame

    def _choose_delay(self, state: CallState, outcome: AttemptOutcome) -> float:
        """Return the seconds until the next attempt, or raise the error that ends the call."""
        invocation, wall = state.invocation, self._clock.wall()
        decision = decide(
            outcome,
            is_idempotent=invocation.is_idempotent,
            attempt=state.counted_attempts,
            time_left=self._time_left(state),
            policy=invocation.retry,
            wall=wall,
            uniform=self._clock.uniform,
        )
        if isinstance(decision, GiveUp):
            raise build_attempt_error(state, outcome, decision.reason, wall=wall)
        if not state.withdraw_retry(outcome):
            raise build_attempt_error(state, outcome, "the retry budget is empty", wall=wall)
        call_log.log_retry(invocation.operation, outcome, attempt=state.attempts, delay=decision.delay)
        return decision.delay

    async def _load_credential(self, state: CallState) -> None:
        self.check_open()
        state.credential = state.invocation.authorizer.cached_headers() or await self._wait_for_headers(state)

    async def _wait_for_headers(self, state: CallState) -> Headers:
        authorizer = state.invocation.authorizer
        while True:
            failure: DuroError
            try:
                self.check_open()
                return await authorizer.get_headers()
            except DuroError as error:
                failure = error
            state.failed_exchanges += 1
            set_call(failure, state.invocation, attempts=state.attempts)
            await wait_for_next_exchange(
                failure,
                authorizer.choose_delay(failure),
                attempt=state.counted_attempts,
                time_left=self._time_left(state),
                policy=state.invocation.retry,
                clock=self._clock,
            )

    async def _send_once(self, state: CallState) -> AttemptOutcome | None:
        """Send the request, or return ``None`` if the token expired in the queue and no other one is available."""
        invocation = state.invocation
        limited = self._transports.get()
        is_queued = limited.slots.value == 0
        async with limited.slots:
            if is_queued:
                self.check_open()
                try:
                    state.credential = (
                        invocation.authorizer.cached_headers() or await invocation.authorizer.get_headers()
                    )
                except DuroError:
                    return None  # the wait for the next exchange must not occupy the slot
            state.begin_attempt(limited)
            try:
                outcome: AttemptOutcome = await limited.transport.send(self._build_request(state))
            except (RequestNotSentError, ResponseLostError) as failure:
                # Without its traceback, which would refer to this frame.
                outcome = failure.with_traceback(None)
        state.end_attempt(outcome)
        try:
            return outcome
        finally:
            del outcome  # as above

    def _build_request(self, state: CallState) -> Request:
        invocation = state.invocation
        url = self._settings.base_url + invocation.path
        return Request(
            invocation.operation.method,
            f"{url}?{invocation.query}" if invocation.query else url,
            Headers.from_lines(invocation.headers + state.credential),
            invocation.content,
            max(0.0, self._time_left(state)) + _SOCKET_MARGIN_SECONDS,
            self._settings.max_response_bytes,
            state.report_send,
        )

    def _time_left(self, state: CallState) -> float:
        return state.started + state.invocation.timeout - self._clock.monotonic()


def _accept(state: CallState, response: Response) -> Response:
    """Record a success, and return the response with the attempts of its call."""
    state.invocation.authorizer.on_accepted(state.credential)
    state.refund_retries()
    return response if state.attempts == 1 else evolve(response, attempts=state.attempts)


def _replace_credential(state: CallState) -> bool:
    """Return whether the authorizer can replace a rejected credential, once per call."""
    if not state.reauthorized:
        state.reauthorized = state.invocation.authorizer.on_unauthorized(state.credential)
        return state.reauthorized
    return False
