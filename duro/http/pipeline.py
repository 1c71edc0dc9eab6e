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
    `_load_credential` (``credential``), `_send_once` and `report_send` (the rest). Other
    threads may read it at any time through `CallState.find_error`: the
    blocking client does so after Ctrl-C. No lock is needed, because each
    change is one assignment.

``in_doubt``
    Whether a write may have been processed although the caller did
    not get a response. The doubt begins when the transport reports that the
    first byte of the request may be written, because a cancellation can arrive
    at any point after that. While the transport connects, there is none.
    Afterwards it depends on the outcome:

    - Not sent: as before the attempt. An earlier attempt may still be in doubt.
    - Lost: in doubt.
    - Success, or 400, 404, 422 of the API: not in doubt. These apply to all
      attempts, since the attempts share an idempotency key.
    - 5xx or 408 of a gateway: in doubt, because it may have forwarded the request.
      So are these statuses of the API, except for 500 and 503.
    - Any other response: as before the attempt.

    `classification` decides this, and which response is the API's.

    Every error that ends a call depends on this flag. A write in doubt raises
    `OutcomeUnknownError`, also if the deadline passed, the token exchange
    failed, the API returned an error, or another task closed the client. Any
    other exception, such as a cancellation, keeps its class. It gets a note
    with the idempotency key, and the key is logged as one warning.

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

from ..errors import ClientClosedError, OutcomeUnknownError
from . import observe
from .call_state import CallState
from .classification import classify, is_in_doubt_after
from .event_loop import PerLoop
from .in_flight_writes import register_write, unregister_write
from .request import Headers, Request, Response
from .retry import GiveUp, RetryBudget, decide
from .transport import RequestNotSentError, ResponseLostError
from .transport.limited import LimitedTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import ClientSettings, RetryPolicy
    from .request import Invocation
    from .transport import Transport

__all__ = ["Pipeline"]

T = TypeVar("T")

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
        budget = self._get_budget(invocation.retry)
        budget.deposit()
        state = CallState(invocation, self._clock.monotonic(), budget)
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

    def _get_budget(self, policy: RetryPolicy) -> RetryBudget:
        kind = (policy.budget, policy.budget_ratio)
        budget = self._budgets.get(kind)
        if budget is None:
            if len(self._budgets) >= MAX_BUDGETS:
                self._budgets.clear()
            budget = self._budgets[kind] = RetryBudget(capacity=policy.budget, ratio=policy.budget_ratio)
        return budget

    async def _send_before_deadline(self, state: CallState) -> Response:
        failure: Exception
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + state.invocation.timeout):
                return await self._send_with_retries(state)
            failure = state.build_deadline_error()
        except OutcomeUnknownError:
            raise
        except Exception as error:
            if not state.in_doubt:
                raise
            # The reason that prevents another attempt must not hide that an earlier one may have been processed.
            failure = state.build_unknown_error(f"no further attempt was possible ({error})")
            failure.__cause__ = error
        finally:
            if observe.is_capturing():
                observe.record_call(self._build_record(state))
        try:
            raise failure
        finally:
            del failure  # otherwise, this frame and the traceback would keep each other alive

    async def _send_with_retries(self, state: CallState) -> Response:
        authorizer = state.invocation.authorizer
        reauthorized = False
        while True:
            # Before the slot, so that a wait for a token does not block other calls.
            await self._load_credential(state)
            outcome = await self._send_once(state)
            if isinstance(outcome, Response):
                if classify(outcome).is_success:
                    state.refund_retries()
                    return outcome if state.attempts == 1 else evolve(outcome, attempts=state.attempts)
                if outcome.status == 401 and not reauthorized and authorizer.on_unauthorized(state.credential):
                    reauthorized = True
                    continue
            decision = decide(
                outcome,
                is_idempotent=state.invocation.idempotency_key is not None
                or not state.invocation.operation.is_mutation,
                attempt=state.attempts - reauthorized,
                time_left=self._time_left(state),
                policy=state.invocation.retry,
                wall=self._clock.wall(),
                uniform=self._clock.uniform,
            )
            if isinstance(decision, GiveUp):
                raise state.build_error(outcome, decision.reason, wall=self._clock.wall()) from _cause_of(outcome)
            if not state.withdraw_retry(outcome):
                error = state.build_error(outcome, "the retry budget is empty", wall=self._clock.wall())
                raise error from _cause_of(outcome)
            await self._clock.sleep(decision.delay)

    async def _load_credential(self, state: CallState) -> None:
        self.check_open()
        authorizer = state.invocation.authorizer
        state.credential = authorizer.cached_headers() or await authorizer.get_headers()

    async def _send_once(self, state: CallState) -> Response | RequestNotSentError | ResponseLostError:
        limited = self._transports.get()
        is_queued = limited.slots.value == 0
        async with limited.slots:
            if is_queued:
                # The token may have expired while the call waited for a slot.
                await self._load_credential(state)
            state.begin_attempt()
            try:
                outcome: Response | RequestNotSentError | ResponseLostError = await limited.transport.send(
                    self._build_request(state)
                )
            except (RequestNotSentError, ResponseLostError) as failure:
                # Without its traceback, which would refer to this frame.
                outcome = failure.with_traceback(None)
        if isinstance(outcome, Response):
            state.response = outcome
            state.end_attempt(
                in_doubt=is_in_doubt_after(
                    outcome, was_in_doubt=state.is_unsettled, is_mutation=state.invocation.operation.is_mutation
                )
            )
            self._log(state, outcome.status, outcome.request_id)
        else:
            state.response = None
            is_lost = not isinstance(outcome, RequestNotSentError)
            state.end_attempt(in_doubt=state.is_unsettled or (is_lost and state.invocation.operation.is_mutation))
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
            state.report_send,
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


def _cause_of(outcome: Response | RequestNotSentError | ResponseLostError) -> BaseException | None:
    """Return the exception of the transport or of the library below it, ``None`` for a response."""
    return None if isinstance(outcome, Response) else outcome.__cause__
