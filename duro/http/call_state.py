"""State of one call in progress, and the errors that end a call.

`CallState` holds the state. Only the task of the call changes it, and only in
``Pipeline._load_credential`` and ``Pipeline._send_once``. Other threads may
read it at any time through `CallState.find_error`: the blocking client does so
after Ctrl-C. No lock is needed, because each change is one assignment.

``in_doubt`` is whether a write may have been processed although the caller did
not get a response. The doubt begins when the transport reports that the first
byte of the request may be written, because a cancellation can arrive at any
point after that. It does not begin while the transport connects. Afterwards it
depends on the outcome, which `classification` determines:

- Not sent: as before the attempt. An earlier attempt may still be in doubt.
- Lost: in doubt.
- Success, or 400, 404, 422 of the API: not in doubt. These apply to all
  attempts, since the attempts share an idempotency key.
- 5xx or 408 of a gateway: in doubt, because it may have forwarded the request.
  So are these statuses of the API, except for 500 and 503.
- Any other response: as before the attempt.

Every error that ends a call depends on this flag. A write in doubt raises
`OutcomeUnknownError`, also if the deadline passed, the token exchange failed,
the API returned an error, or another task closed the client. Any other
exception, such as a cancellation, keeps its class. It gets a note with the
idempotency key, and the key is logged as one warning.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from attrs import define, field

from . import observe
from .classification import classify, is_in_doubt_after
from .in_flight_writes import log_lost_outcome
from .request import NO_HEADERS, Headers, Invocation, Response
from .transport import RequestNotSentError, ResponseLostError
from .unknown_outcome import build_outcome_unknown_error, describe_lost_response, describe_unknown_outcome

if TYPE_CHECKING:
    from ..errors import OutcomeUnknownError
    from .retry import RetryBudget
    from .transport import AttemptOutcome

__all__ = ["CallState"]


@define(eq=False)  # hashed by identity
class CallState:
    """State of one call in progress.

    Attributes:
        invocation: The call.
        started: Monotonic time of its start in seconds.
        budget: Retry budget of the client.
        base_url: Address of the API.
        transport: Transport of the current attempt, for messages.
        credential: Headers that authenticate the current attempt.
        attempts: Number of times that the request was sent or tried.
        refundable_retries: Retries after lost responses, which return to the budget if the call succeeds.
        is_unsettled: Whether an earlier attempt of a write may have been processed.
        is_connecting: Whether the current attempt waits for its connection.
        is_sent: Whether a byte of the current attempt may have been written.
        failed_exchanges: Number of failed token exchanges that the call waited for.
        reauthorized: Whether the request was sent again after a 401.
        response: Response to the last attempt, ``None`` without one.
    """

    invocation: Invocation
    started: float
    budget: RetryBudget
    base_url: str
    transport: object = None
    credential: Headers = NO_HEADERS
    attempts: int = 0
    refundable_retries: int = 0
    is_unsettled: bool = False
    is_connecting: bool = False
    is_sent: bool = False
    failed_exchanges: int = 0
    reauthorized: bool = False
    response: Response | None = None
    # Locked by the first report, and never released.
    _report_lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    @property
    def in_doubt(self) -> bool:
        """Whether a write may have been processed without a response."""
        return self.is_unsettled or (self.is_sent and self.invocation.operation.is_mutation)

    def begin_attempt(self, transport: object) -> None:
        """Begin another attempt. Another thread that reads ``in_doubt`` finds each doubt at any time.

        Args:
            transport: Transport of the attempt.
        """
        self.transport = transport
        self.attempts += 1
        self.is_unsettled = self.in_doubt
        self.is_sent = False
        self.is_connecting = True

    def report_send(self, is_sent: bool) -> None:
        """Set whether a byte of the current attempt may have been written."""
        self.is_sent = is_sent
        self.is_connecting = not is_sent

    def end_attempt(self, outcome: AttemptOutcome) -> None:
        """End the current attempt.

        Args:
            outcome: Response, or the failure without a response.
        """
        is_mutation = self.invocation.operation.is_mutation
        if isinstance(outcome, Response):
            self.response = outcome
            in_doubt = is_in_doubt_after(outcome, was_in_doubt=self.is_unsettled, is_mutation=is_mutation)
        else:
            self.response = None
            in_doubt = self.is_unsettled or (is_mutation and not isinstance(outcome, RequestNotSentError))
        self.is_unsettled = in_doubt
        self.is_sent = self.is_connecting = False

    @property
    def counted_attempts(self) -> int:
        """Number of attempts that count as retries: requests and failed exchanges, but not the one after a 401."""
        return self.attempts + self.failed_exchanges - self.reauthorized

    def build_record(self, now: float) -> observe.Call:
        """Build the record of the call for `observe.capture`.

        Args:
            now: Monotonic time in seconds.
        """
        response = self.response
        return observe.Call(
            operation=self.invocation.operation.id,
            status=response.status if response else None,
            headers=response.headers.to_redacted_dict() if response else {},
            request_id=response.request_id if response else None,
            attempts=self.attempts,
            idempotency_key=self.invocation.idempotency_key,
            elapsed=now - self.started,
        )

    def withdraw_retry(self, outcome: AttemptOutcome) -> bool:
        """Use a retry of the budget after an attempt that the server received.

        Args:
            outcome: Outcome of the attempt.

        Returns:
            Whether the call may be sent again.
        """
        # The budget protects the server, which does not notice an attempt that was not sent.
        if isinstance(outcome, RequestNotSentError):
            return True
        is_available = self.budget.withdraw()
        self.refundable_retries += is_available and isinstance(outcome, ResponseLostError)
        return is_available

    def refund_retries(self) -> None:
        """Return the retries after lost responses to the budget, because the call has succeeded.

        A server that restarts loses all responses in progress at once. An
        outage, in which no call succeeds, cannot be prolonged by these retries.
        A server that is overloaded sends responses, and those are not refunded.
        """
        if self.refundable_retries:
            self.budget.refund(self.refundable_retries)

    def find_error(self, cause: str) -> OutcomeUnknownError | None:
        """Return the error for a caller that stops waiting; see `Write.find_error`."""
        # A caller that was interrupted before it got a success does not know the outcome either.
        if self.in_doubt or (self.response is not None and classify(self.response).is_success):
            return build_outcome_unknown_error(self.invocation, cause, attempts=self.attempts)
        return None

    def report_lost_outcome(self, cause: str, ending: BaseException | None = None) -> None:
        """Report that the caller does not get the outcome of a write; see `Write.report_lost_outcome`."""
        if self.in_doubt:
            message = describe_unknown_outcome(self.invocation, cause)
        elif self.response is not None and classify(self.response).is_success and self.invocation.operation.is_mutation:
            message = describe_lost_response(self.invocation, self.response, cause)
        else:
            return
        if ending is not None:
            ending.add_note(message)
        # Two threads may report one call: the caller's and that of the event loop.
        if self._report_lock.acquire(blocking=False):
            log_lost_outcome(message)
