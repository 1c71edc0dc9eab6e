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

State of a call
    `CallState` holds it. Only the task of the call changes it, and only in
    `_load_credential` (``credential``, ``failed_exchanges``) and
    `_send_with_retries` (the rest). Other
    threads may read it at any time through `CallState.find_error`: the
    blocking client does so after Ctrl-C. No lock is needed, because each
    change is one assignment.

``in_doubt``
    Whether a write may have been processed although the caller did
    not get a response. `_send_once` sets it before the transport gets the request,
    because a cancellation can arrive at any point after that. Afterwards it
    depends on the outcome:

    - Not sent: as before the attempt. An earlier attempt may still be in doubt.
    - Lost: in doubt.
    - 502 or 504: in doubt, because only a gateway has responded.
    - Success, 400, 404, 422: not in doubt. These apply to all attempts, since
      the attempts share an idempotency key.
    - Any other status: as before the attempt.

    Every error that ends a call depends on this flag. A write in doubt raises
    `OutcomeUnknownError`, also if the deadline passed, the token exchange
    failed, the API returned an error, or another task closed the client. A
    cancelled call gets a note with the idempotency key instead.

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

from typing import TYPE_CHECKING, Final

import anyio
from attrs import evolve

from ..errors import ClientClosedError, DuroError
from . import observe
from .call_state import CallState, describe_unknown_outcome
from .event_loop import PerLoop
from .exchange_wait import wait_for_next_exchange
from .in_flight_writes import register_write
from .request import Headers, Request, Response
from .retry import GiveUp, RetryBudget, decide, is_conclusive, is_gateway_error
from .transport import RequestNotSentError, ResponseLostError
from .transport.limited import LimitedTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import ClientSettings, RetryPolicy
    from .request import Invocation
    from .transport import Transport

__all__ = ["Pipeline"]

# Sockets time out later than the call by this margin; see above.
_SOCKET_MARGIN_SECONDS: Final = 1.0
# Copies of a client share one budget per pair of settings. The bound stops a user who
# passes a new policy with each call from filling the memory.
MAX_BUDGETS: Final = 16


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
        self._budgets: dict[tuple[float, float], RetryBudget] = {}
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

    async def execute(self, invocation: Invocation) -> Response:
        """Send a call, with retries, and return its response.

        Args:
            invocation: Call to send.

        Returns:
            The response, with a 2xx status.

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
        budget = self._get_budget(invocation.retry)
        budget.deposit()
        state = CallState(invocation, self._clock.monotonic(), budget)
        if invocation.operation.is_mutation:
            register_write(state)
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + invocation.timeout):
                return await self._send_with_retries(state)
        except (anyio.get_cancelled_exc_class(), KeyboardInterrupt) as interruption:
            # Trio raises KeyboardInterrupt in the main task. asyncio cancels the main task instead.
            if state.in_doubt:
                interruption.add_note(describe_unknown_outcome(state.invocation, "the call was cancelled"))
            raise
        finally:
            if observe.is_capturing():
                observe.record_call(self._build_record(state))
        raise state.build_deadline_error()

    async def aclose(self) -> None:
        """Close the connections of the running loop, and reject further calls.

        Connections of other event loops stay open, because only their own loop
        may close them.
        """
        self._closed = True
        transport = self._transports.pop()
        if transport is not None:
            await transport.aclose()

    def _open_limited_transport(self) -> LimitedTransport:
        return LimitedTransport(self._open_transport(), max_connections=self._settings.max_connections)

    def _get_budget(self, policy: RetryPolicy) -> RetryBudget:
        kind = (policy.budget, policy.budget_ratio)
        budget = self._budgets.get(kind)
        if budget is None:
            if len(self._budgets) >= MAX_BUDGETS:
                self._budgets.clear()
            budget = self._budgets[kind] = RetryBudget(capacity=policy.budget, ratio=policy.budget_ratio)
        return budget

    async def _send_with_retries(self, state: CallState) -> Response:
        authorizer = state.invocation.authorizer
        while True:
            # Before the slot, so that a wait for a token does not block other calls.
            await self._load_credential(state)
            outcome = await self._send_once(state)
            if isinstance(outcome, Response):
                if outcome.status < 300:
                    authorizer.on_accepted(state.credential)
                    return outcome if state.attempts == 1 else evolve(outcome, attempts=state.attempts)
                if outcome.status == 401 and not state.reauthorized and authorizer.on_unauthorized(state.credential):
                    state.reauthorized = True
                    continue
            decision = decide(
                outcome,
                is_idempotent=state.invocation.idempotency_key is not None
                or not state.invocation.operation.is_mutation,
                attempt=state.counted_attempts,
                time_left=self._time_left(state),
                policy=state.invocation.retry,
                wall=self._clock.wall(),
                uniform=self._clock.uniform,
            )
            if isinstance(decision, GiveUp):
                raise state.build_error(outcome, decision.reason, wall=self._clock.wall())
            if not state.budget.withdraw():
                raise state.build_error(outcome, "the retry budget is empty", wall=self._clock.wall())
            await self._clock.sleep(decision.delay)

    async def _load_credential(self, state: CallState) -> None:
        failure: DuroError
        try:
            self.check_open()
            state.credential = state.invocation.authorizer.cached_headers() or await self._wait_for_headers(state)
        except DuroError as error:
            if not state.in_doubt:
                raise
            failure = error
        else:
            return
        # The reason that prevents another attempt must not hide that an earlier one may have been processed.
        raise state.build_unknown_error(f"no further attempt was possible ({failure})")

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
            await wait_for_next_exchange(
                failure,
                authorizer.choose_delay(failure),
                attempt=state.counted_attempts,
                time_left=self._time_left(state),
                policy=state.invocation.retry,
                clock=self._clock,
            )

    async def _send_once(self, state: CallState) -> Response | RequestNotSentError | ResponseLostError:
        limited = self._transports.get()
        is_queued = limited.slots.value == 0
        async with limited.slots:
            if is_queued:
                # The token may have expired while the call waited for a slot.
                await self._load_credential(state)
            request = self._build_request(state)
            state.attempts += 1
            was_in_doubt = state.in_doubt
            # Before the request is sent: a cancellation during the next await must find the flag set.
            state.in_doubt = is_mutation = state.invocation.operation.is_mutation
            outcome: Response | RequestNotSentError | ResponseLostError
            try:
                outcome = await limited.transport.send(request)
            except (RequestNotSentError, ResponseLostError) as failure:
                outcome = failure
        if isinstance(outcome, Response):
            state.response = outcome
            is_open = was_in_doubt or (is_mutation and is_gateway_error(outcome.status))
            state.in_doubt = is_open and not is_conclusive(outcome.status)
            self._log(state, outcome.status, outcome.request_id)
        else:
            state.response = None
            if isinstance(outcome, RequestNotSentError):
                state.in_doubt = was_in_doubt
            self._log(state, outcome, None)
        return outcome

    def _build_request(self, state: CallState) -> Request:
        invocation = state.invocation
        url = self._settings.base_url + invocation.path
        return Request(
            invocation.operation.method,
            f"{url}?{invocation.query}" if invocation.query else url,
            Headers(invocation.headers + state.credential),
            invocation.content,
            max(0.0, self._time_left(state)) + _SOCKET_MARGIN_SECONDS,
            self._settings.max_response_bytes,
        )

    def _time_left(self, state: CallState) -> float:
        return state.started + state.invocation.timeout - self._clock.monotonic()

    def _log(self, state: CallState, outcome: object, request_id: str | None) -> None:
        operation = state.invocation.operation
        observe.log_attempt(operation, attempt=state.attempts, outcome=outcome, request_id=request_id)

    def _build_record(self, state: CallState) -> observe.Call:
        response = state.response
        return observe.Call(
            operation=state.invocation.operation.id,
            status=response.status if response else None,
            headers=response.headers.to_redacted_dict() if response else {},
            request_id=response.request_id if response else None,
            attempts=state.attempts,
            idempotency_key=state.invocation.idempotency_key,
            elapsed=self._clock.monotonic() - state.started,
        )
