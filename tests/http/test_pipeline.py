from __future__ import annotations

import asyncio
import gc
import weakref
from email.utils import formatdate

import anyio
import pytest
from attrs import evolve

from duro._clock import Clock
from duro.config import RetryPolicy, Settings
from duro.errors import (
    APIError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    TokenExchangeError,
    TransportError,
    ValidationError,
)
from duro.http.operation import Operation
from duro.http.pipeline import Pipeline
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, ResponseLostError

pytestmark = pytest.mark.anyio

LOST = ResponseLostError("the connection was reset")
NOT_SENT = RequestNotSentError("connection refused")
MUTATIONS = [Operation("op", method, "/v1/things") for method in ("POST", "PUT", "PATCH", "DELETE")]


def response(status=200, body=b"{}", *lines):
    return Response(status, Headers(lines), body)


def keys_of(transport):
    return [request.headers.get("idempotency-key") for request in transport.requests]


def credentials_of(transport):
    return [request.headers.get("authorization") for request in transport.requests]


async def test_success_is_returned_unchanged(pipeline_over, read):
    pipeline, transport = pipeline_over(response(200, b'{"id":1}'))
    assert (await pipeline.execute(read)).body == b'{"id":1}'
    assert len(transport.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_2xx_is_a_success(status, pipeline_over, write):
    pipeline, _ = pipeline_over(response(status))
    assert (await pipeline.execute(write)).status == status


async def test_request_has_url_query_headers_and_credential(pipeline_over, invocation):
    pipeline, transport = pipeline_over(response())
    await pipeline.execute(invocation(query="limit=5", headers=[(b"x-team", b"a")]))
    (request,) = transport.requests
    assert (request.method, request.url) == ("GET", "http://127.0.0.1:1/v1/things?limit=5")
    assert request.headers.get("x-team") == "a"
    assert request.headers.get("authorization") == "Bearer token-1"
    assert request.content is None


async def test_all_attempts_of_a_write_send_the_same_bytes_and_key(pipeline_over, invocation):
    failures = [response(503), LOST, NOT_SENT, response(429), response(500), response(201)]
    for operation in MUTATIONS:
        pipeline, transport = pipeline_over(*failures)
        write = invocation(operation, content=b'{"amount":1}', key="key-of-caller", retry=RetryPolicy(retries=9))
        assert (await pipeline.execute(write)).status == 201
        assert keys_of(transport) == ["key-of-caller"] * len(failures)
        assert [request.content for request in transport.requests] == [b'{"amount":1}'] * len(failures)
        assert {request.method for request in transport.requests} == {operation.method}
        assert len({request.url for request in transport.requests}) == 1


async def test_reads_are_retried_without_a_key(pipeline_over, read):
    pipeline, transport = pipeline_over(response(500), LOST, response(504), response())
    await pipeline.execute(read)
    assert keys_of(transport) == [None] * 4


async def test_delays_between_attempts_follow_the_decisions(pipeline_over, read, manual_time):
    pipeline, _ = pipeline_over(LOST, response(429, b"", (b"retry-after", b"7")), NOT_SENT, response())
    await pipeline.execute(read)
    assert manual_time.sleeps == [0.5, 7.0, 2.0]


@pytest.mark.parametrize("shift", [3 * 86_400, -86_400])
async def test_retry_after_date_does_not_depend_on_the_wall_clock(shift, pipeline_over, read, manual_time):
    dates = [formatdate(1_800_000_000 + manual_time.now + later, usegmt=True).encode() for later in (0, 7)]
    lines = zip((b"date", b"retry-after"), dates, strict=True)
    pipeline, _ = pipeline_over(response(429, b"", *lines), response())
    right = manual_time.clock.wall
    pipeline._clock = evolve(manual_time.clock, wall=lambda: right() + shift)
    await pipeline.execute(read)
    assert manual_time.sleeps == [7.0]


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_attempts_are_one_plus_the_retries(retries, pipeline_over, invocation):
    pipeline, transport = pipeline_over(response(503))
    with pytest.raises(InternalServerError):
        await pipeline.execute(invocation(retry=RetryPolicy(retries=retries)))
    assert len(transport.requests) == 1 + retries


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
async def test_client_errors_are_not_retried(status, pipeline_over, write):
    pipeline, transport = pipeline_over(response(status))
    with pytest.raises(APIError) as caught:
        await pipeline.execute(write)
    assert caught.value.status == status
    assert caught.value.idempotency_key == "key-1"
    assert len(transport.requests) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_redirects_are_errors_and_are_not_followed(status, pipeline_over, read):
    pipeline, transport = pipeline_over(response(status, b"", (b"location", b"http://elsewhere.example/v1/things")))
    with pytest.raises(APIError, match="redirect") as caught:
        await pipeline.execute(read)
    assert caught.value.status == status
    assert "elsewhere" not in str(caught.value)
    assert len(transport.requests) == 1


class TestUnknownOutcome:
    async def test_write_without_a_response_raises_outcome_unknown(self, pipeline_over, invocation):
        pipeline, transport = pipeline_over(LOST)
        write = invocation(MUTATIONS[0], key="key-7", retry=RetryPolicy(retries=2))
        with pytest.raises(OutcomeUnknownError) as caught:
            await pipeline.execute(write)
        assert caught.value.idempotency_key == "key-7"
        assert caught.value.attempts == len(transport.requests) == 3
        assert "idempotency_key='key-7'" in str(caught.value)
        assert "the connection was reset" in str(caught.value)

    @pytest.mark.parametrize(
        "later", [response(503), response(429), response(500), response(408), response(504), NOT_SENT]
    )
    async def test_later_transient_failure_leaves_it_unknown(self, later, pipeline_over, write):
        pipeline, transport = pipeline_over(LOST, later)
        with pytest.raises(OutcomeUnknownError) as caught:
            await pipeline.execute(write)
        assert caught.value.attempts == len(transport.requests) == 4

    @pytest.mark.parametrize("later", [409, 403, 401, 302])
    async def test_later_error_about_one_attempt_leaves_it_unknown(self, later, pipeline_over, invocation):
        pipeline, _ = pipeline_over(LOST, response(later, b'{"error":{"code":"c","message":"the words"}}'))
        with pytest.raises(OutcomeUnknownError, match="the words") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="k"))
        assert caught.value.idempotency_key == "k"

    @pytest.mark.parametrize(("later", "error"), [(400, APIError), (404, NotFoundError), (422, ValidationError)])
    async def test_later_rejection_of_the_request_is_conclusive(self, later, error, pipeline_over, write):
        pipeline, transport = pipeline_over(LOST, NOT_SENT, response(later))
        with pytest.raises(error) as caught:
            await pipeline.execute(write)
        assert caught.value.status == later
        assert len(transport.requests) == 3

    async def test_later_success_is_conclusive(self, pipeline_over, write):
        pipeline, _ = pipeline_over(LOST, response(503), response(201))
        assert (await pipeline.execute(write)).status == 201

    @pytest.mark.parametrize(
        ("outcomes", "error"),
        [((NOT_SENT, response(409)), ConflictError), ((response(503), response(429)), RateLimitError)],
    )
    async def test_errors_without_a_lost_attempt_are_raised_as_they_are(self, outcomes, error, pipeline_over, write):
        pipeline, _ = pipeline_over(*outcomes)
        with pytest.raises(error):
            await pipeline.execute(write)

    @pytest.mark.parametrize("status", [502, 504])
    @pytest.mark.parametrize("retries", [0, 2])
    async def test_gateway_error_leaves_a_write_unknown(self, status, retries, pipeline_over, invocation):
        pipeline, transport = pipeline_over(response(status, b"<h1>The gateway's words</h1>"))
        with pytest.raises(OutcomeUnknownError, match=f"the last response was {status}") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="key-7", retry=RetryPolicy(retries=retries)))
        assert caught.value.idempotency_key == "key-7"
        assert caught.value.attempts == len(transport.requests) == 1 + retries

    @pytest.mark.parametrize("status", [502, 504])
    async def test_gateway_error_stays_unknown_until_a_conclusive_response(self, status, pipeline_over, write):
        for later in (response(503), response(409), response(401), NOT_SENT):
            pipeline, _ = pipeline_over(response(status), later)
            with pytest.raises(OutcomeUnknownError):
                await pipeline.execute(write)
        pipeline, _ = pipeline_over(response(status), response(422))
        with pytest.raises(ValidationError):
            await pipeline.execute(write)

    @pytest.mark.parametrize("status", [502, 504])
    async def test_gateway_error_of_a_read_is_a_server_error(self, status, pipeline_over, read):
        pipeline, _ = pipeline_over(response(status))
        with pytest.raises(InternalServerError) as caught:
            await pipeline.execute(read)
        assert caught.value.status == status

    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    async def test_errors_of_the_api_itself_are_raised_as_they_are(self, status, pipeline_over, write):
        pipeline, _ = pipeline_over(response(status))
        with pytest.raises(APIError) as caught:
            await pipeline.execute(write)
        assert caught.value.status == status

    async def test_failed_token_refresh_does_not_hide_it(self, pipeline_over, invocation, tokens):
        authorizer = tokens()

        def lose_and_expire(_request):
            authorizer.error = TokenExchangeError("the endpoint refused", status=500)
            return LOST

        pipeline, _ = pipeline_over(lose_and_expire)
        with pytest.raises(OutcomeUnknownError, match="the endpoint refused") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="k", authorizer=authorizer))
        assert (caught.value.idempotency_key, caught.value.attempts) == ("k", 1)

    async def test_client_closed_during_the_delay_does_not_hide_it(self, pipeline_over, write):
        pipeline, transport = pipeline_over(LOST, response(201))

        async def close_while_waiting(_seconds):
            await pipeline.aclose()

        pipeline._clock = Clock(sleep=close_while_waiting)
        with pytest.raises(OutcomeUnknownError):
            await pipeline.execute(write)
        assert len(transport.requests) == 1


class TestGiveUpReason:
    """Reason why the client stopped retrying, in the message of the error."""

    @pytest.mark.parametrize(
        ("outcome", "error"), [(response(503), APIError), (LOST, TransportError), (NOT_SENT, ConnectionFailedError)]
    )
    @pytest.mark.parametrize("retries", [0, 2])
    async def test_exhausted_retries(self, outcome, error, retries, pipeline_over, invocation):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises(error) as caught:
            await pipeline.execute(invocation(retry=RetryPolicy(retries=retries)))
        assert f"retries exhausted (retries={retries})" in str(caught.value)

    @pytest.mark.parametrize(("outcome", "error"), [(response(503), APIError), (LOST, TransportError)])
    async def test_deadline(self, outcome, error, pipeline_over, invocation):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises(error, match=r"the deadline would pass before a retry in 2\.0 s"):
            await pipeline.execute(invocation(timeout=2.5))

    @pytest.mark.parametrize(("outcome", "error"), [(response(503), APIError), (LOST, TransportError)])
    async def test_empty_retry_budget(self, outcome, error, pipeline_over, invocation):
        pipeline, transport = pipeline_over(outcome)
        with pytest.raises(error, match="the retry budget is empty"):
            await pipeline.execute(invocation(retry=RetryPolicy(budget=0)))
        assert len(transport.requests) == 1

    async def test_it_is_an_attribute_of_api_errors(self, pipeline_over, read):
        pipeline, _ = pipeline_over(response(503, b"", (b"x-request-id", b"req_1")))
        with pytest.raises(APIError) as caught:
            await pipeline.execute(read)
        assert caught.value.give_up_reason == "retries exhausted (retries=3)"
        assert str(caught.value).endswith("; request req_1; retries exhausted (retries=3)")

    async def test_it_is_missing_if_a_retry_cannot_help(self, pipeline_over, read):
        pipeline, _ = pipeline_over(response(404))
        with pytest.raises(NotFoundError) as caught:
            await pipeline.execute(read)
        assert caught.value.give_up_reason is None
        assert "retr" not in str(caught.value)

    @pytest.mark.parametrize("outcome", [response(504), LOST])
    async def test_it_is_part_of_an_unknown_outcome(self, outcome, pipeline_over, write):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises(OutcomeUnknownError, match=r"retries exhausted \(retries=3\)"):
            await pipeline.execute(write)


async def test_outcome_unknown_error_says_how_to_find_out(pipeline_over, invocation):
    pipeline, _ = pipeline_over(LOST)
    write = invocation(Operation("createThing", "POST", "/v1/things"), key="k-1", retry=RetryPolicy(retries=0))
    with pytest.raises(OutcomeUnknownError) as caught:
        await pipeline.execute(write)
    assert str(caught.value) == (
        "Outcome unknown: the last attempt failed (the connection was reset; retries exhausted (retries=0)). "
        "createThing was sent and may have been processed. "
        "Repeat the call with idempotency_key='k-1' to find out; it will not be processed twice."
    )


async def test_refused_connection_raises_after_its_retries(pipeline_over, write):
    pipeline, transport = pipeline_over(NOT_SENT)
    with pytest.raises(ConnectionFailedError, match="connection refused") as caught:
        await pipeline.execute(write)
    assert caught.value.attempts == len(transport.requests) == 4
    assert caught.value.idempotency_key == "key-1"


async def test_lost_read_raises_a_plain_transport_error(pipeline_over, read):
    pipeline, _ = pipeline_over(LOST)
    with pytest.raises(TransportError, match="the connection was reset") as caught:
        await pipeline.execute(read)
    assert type(caught.value) is TransportError
    assert (caught.value.idempotency_key, caught.value.attempts) == (None, 4)


async def test_errors_have_no_context_with_the_request(pipeline_over, read):
    for outcome in (LOST, NOT_SENT, response(404)):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises((TransportError, APIError)) as caught:
            await pipeline.execute(read)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


class TestDeadline:
    async def test_read_without_a_response_raises_deadline_exceeded(self, pipeline_over, invocation):
        pipeline, _ = pipeline_over(lambda _request: anyio.sleep_forever())
        with pytest.raises(DeadlineExceededError, match=r"0\.05") as caught:
            await pipeline.execute(invocation(timeout=0.05))
        assert caught.value.attempts == 1

    async def test_write_without_a_response_raises_outcome_unknown_at_the_deadline(self, pipeline_over, invocation):
        pipeline, _ = pipeline_over(lambda _request: anyio.sleep_forever())
        with pytest.raises(OutcomeUnknownError, match=r"0\.05") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="k", timeout=0.05))
        assert (caught.value.idempotency_key, caught.value.attempts) == ("k", 1)

    async def test_wait_for_a_token_counts_towards_it(self, pipeline_over, invocation, tokens):
        pipeline, transport = pipeline_over(response())
        with pytest.raises(DeadlineExceededError) as caught:
            await pipeline.execute(invocation(MUTATIONS[0], timeout=0.05, authorizer=tokens(waits=30)))
        assert transport.requests == []
        assert (caught.value.idempotency_key, caught.value.attempts) == ("key-1", 0)

    async def test_delay_between_attempts_counts_towards_it(self, pipeline_over, invocation):
        pipeline, transport = pipeline_over(NOT_SENT)
        pipeline._clock = Clock(monotonic=lambda: 0.0, sleep=lambda _seconds: anyio.sleep(30))
        with pytest.raises(DeadlineExceededError):
            await pipeline.execute(invocation(timeout=0.05, retry=RetryPolicy(base_delay=0.001)))
        assert len(transport.requests) == 1

    async def test_wait_for_a_slot_counts_towards_it(self, pipeline_over, invocation):
        pipeline, transport = pipeline_over(lambda _request: anyio.sleep_forever(), max_connections=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pipeline.execute, invocation(timeout=30))
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(DeadlineExceededError) as caught:
                await pipeline.execute(invocation(MUTATIONS[0], timeout=0.05))
            tasks.cancel_scope.cancel()
        assert caught.value.attempts == 0
        assert len(transport.requests) == 1

    async def test_it_covers_all_attempts(self, pipeline_over, invocation, manual_time):
        def slow(_request):
            manual_time.now += 4
            return LOST

        pipeline, transport = pipeline_over(slow)
        with pytest.raises(TransportError):
            await pipeline.execute(invocation(timeout=9.5, retry=RetryPolicy(retries=99, budget=99)))
        assert (
            len(transport.requests) == 2
        )  # 4 s, a delay of 0.5 s, 4 s, and the next delay of 1 s would reach the deadline
        assert manual_time.sleeps == [0.5]

    async def test_socket_timeout_is_the_time_left_plus_a_second(self, pipeline_over, invocation, manual_time):
        def slow(_request):
            manual_time.now += 4
            return response(503) if len(transport.requests) == 1 else response()

        pipeline, transport = pipeline_over(slow)
        await pipeline.execute(invocation(timeout=10))
        assert [request.timeout for request in transport.requests] == [11.0, 6.5]

    @pytest.mark.parametrize("value", [b"31", b"3600"])
    async def test_retry_after_beyond_it_ends_the_call(self, value, pipeline_over, read, manual_time):
        pipeline, transport = pipeline_over(response(429, b"{}", (b"retry-after", value)))
        with pytest.raises(RateLimitError) as caught:
            await pipeline.execute(read)
        assert caught.value.retry_after == float(value)
        assert len(transport.requests) == 1
        assert manual_time.sleeps == []


class TestCancellation:
    @pytest.mark.parametrize("in_doubt", [True, False])
    async def test_cancelled_write_has_a_note_with_its_key(self, in_doubt, pipeline_over, invocation):
        pipeline, _ = pipeline_over(lambda _request: anyio.sleep_forever())
        notes = []

        async def call():
            try:
                await pipeline.execute(invocation(MUTATIONS[0], key="k-9") if in_doubt else invocation())
            except anyio.get_cancelled_exc_class() as cancellation:
                notes.extend(getattr(cancellation, "__notes__", []))
                raise

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        found = [note for note in notes if "Outcome unknown" in note and "idempotency_key='k-9'" in note]
        assert len(found) == in_doubt

    async def test_write_that_waits_for_a_slot_is_not_in_doubt(self, pipeline_over, invocation):
        pipeline, _ = pipeline_over(lambda _request: anyio.sleep_forever(), max_connections=1)
        notes = []

        async def call():
            try:
                await pipeline.execute(invocation(MUTATIONS[0], key="waiting"))
            except anyio.get_cancelled_exc_class() as cancellation:
                notes.extend(getattr(cancellation, "__notes__", []))
                raise

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pipeline.execute, invocation())
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert notes == []

    async def test_outer_deadline_raises_the_callers_timeout_error(self, pipeline_over, read):
        pipeline, _ = pipeline_over(lambda _request: anyio.sleep_forever())
        with pytest.raises(TimeoutError):
            with anyio.fail_after(0.05):
                await pipeline.execute(read)

    async def test_slot_is_released(self, pipeline_over, invocation):
        outcomes = [lambda _request: anyio.sleep_forever()] * 3 + [response()]
        pipeline, _ = pipeline_over(*outcomes, max_connections=1)
        for _ in range(3):
            with anyio.move_on_after(0.02):
                await pipeline.execute(invocation())
        with anyio.fail_after(5):
            assert (await pipeline.execute(invocation())).status == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_task_cancelled_by_asyncio_has_a_note_with_the_key(anyio_backend, pipeline_over, invocation):
    pipeline, transport = pipeline_over(lambda _request: asyncio.sleep(30))
    task = asyncio.create_task(pipeline.execute(invocation(MUTATIONS[0], key="k-9")))
    while not transport.requests:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert any("k-9" in note for note in caught.value.__notes__)


class TestUnauthorized:
    async def test_call_is_repeated_once_with_the_same_bytes_and_key(self, pipeline_over, invocation, manual_time):
        pipeline, transport = pipeline_over(response(401), response(201))
        write = invocation(MUTATIONS[0], content=b'{"a":1}', key="k", retry=RetryPolicy(retries=0))
        assert (await pipeline.execute(write)).status == 201
        assert credentials_of(transport) == ["Bearer token-1", "Bearer token-2"]
        assert keys_of(transport) == ["k", "k"]
        assert [request.content for request in transport.requests] == [b'{"a":1}'] * 2
        assert manual_time.sleeps == []

    async def test_second_401_is_raised(self, pipeline_over, write):
        pipeline, transport = pipeline_over(response(401))
        with pytest.raises(AuthenticationError):
            await pipeline.execute(write)
        assert len(transport.requests) == 2

    async def test_second_401_is_raised_after_retries(self, pipeline_over, write):
        pipeline, transport = pipeline_over(response(401), response(503), NOT_SENT, response(401), response(200))
        with pytest.raises(AuthenticationError):
            await pipeline.execute(write)
        assert len(transport.requests) == 4

    async def test_fixed_credential_is_not_repeated(self, pipeline_over, invocation, tokens):
        pipeline, transport = pipeline_over(response(401))
        with pytest.raises(AuthenticationError):
            await pipeline.execute(invocation(authorizer=tokens(replaceable=False)))
        assert len(transport.requests) == 1

    async def test_status_403_does_not_refresh_the_token(self, pipeline_over, invocation, tokens):
        authorizer = tokens()
        pipeline, transport = pipeline_over(response(403))
        with pytest.raises(PermissionDeniedError):
            await pipeline.execute(invocation(authorizer=authorizer))
        assert (len(transport.requests), authorizer.number) == (1, 1)

    async def test_repetition_does_not_count_as_a_retry(self, pipeline_over, invocation):
        pipeline, transport = pipeline_over(response(401), response(503))
        with pytest.raises(InternalServerError):
            await pipeline.execute(invocation(retry=RetryPolicy(retries=2)))
        assert len(transport.requests) == 4

    async def test_later_attempts_use_the_current_credential(self, pipeline_over, invocation, tokens):
        authorizer = tokens()

        def refresh_during_call(_request):
            authorizer.number = 5
            return response(503)

        pipeline, transport = pipeline_over(refresh_during_call, response())
        await pipeline.execute(invocation(authorizer=authorizer))
        assert credentials_of(transport) == ["Bearer token-1", "Bearer token-5"]


class TestLimiter:
    @pytest.mark.parametrize("width", [1, 3, 10])
    async def test_it_has_one_slot_per_connection(self, width, pipeline_over, invocation):
        active, most = 0, 0

        async def send():
            nonlocal active, most
            active += 1
            most = max(most, active)
            await anyio.sleep(0.002)
            active -= 1
            return response()

        pipeline, transport = pipeline_over(lambda _request: send(), max_connections=width)
        async with anyio.create_task_group() as tasks:
            for _ in range(5 * width):
                tasks.start_soon(pipeline.execute, invocation())
        assert most == width
        assert len(transport.requests) == 5 * width

    async def test_slot_is_released_during_the_delay_of_a_retry(self, pipeline_over, invocation):
        outcomes = iter([NOT_SENT, response()])
        pipeline, _ = pipeline_over(lambda _request: next(outcomes), max_connections=1)
        reached = []

        async def send_another(_seconds):
            await pipeline.execute(invocation())
            reached.append(True)
            nonlocal outcomes
            outcomes = iter([response()])

        pipeline._clock = Clock(sleep=send_another)
        with anyio.fail_after(5):
            await pipeline.execute(invocation())
        assert reached == [True]


class TestClosing:
    async def test_closed_client_rejects_calls_and_sends_nothing(self, pipeline_over, read):
        pipeline, transport = pipeline_over(response())
        await pipeline.execute(read)
        await pipeline.aclose()
        await pipeline.aclose()
        with pytest.raises(ClientClosedError):
            await pipeline.execute(read)
        assert (len(transport.requests), transport.closed) == (1, 1)
        assert not pipeline.in_use

    async def test_transport_is_created_by_the_first_call_and_shared(self, manual_time, invocation, pipeline_over):
        _, transport = pipeline_over(response())
        opened = []
        pipeline = Pipeline(
            Settings("http://127.0.0.1:1", clock=manual_time.clock), lambda: opened.append(1) or transport
        )
        assert opened == []
        for _ in range(3):
            await pipeline.execute(invocation())
        assert opened == [1]

    async def test_retry_after_close_does_not_create_a_transport(self, pipeline_over, read):
        _, transport = pipeline_over(NOT_SENT)
        opened = []

        async def close_while_waiting(_seconds):
            await pipeline.aclose()

        clock = Clock(sleep=close_while_waiting)
        pipeline = Pipeline(Settings("http://127.0.0.1:1", clock=clock), lambda: opened.append(1) or transport)
        with pytest.raises(ClientClosedError):
            await pipeline.execute(read)
        assert opened == [1]


async def test_programming_error_of_a_transport_is_not_retried(pipeline_over, write):
    pipeline, transport = pipeline_over(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        await pipeline.execute(write)
    assert len(transport.requests) == 1


async def test_error_is_freed_without_the_garbage_collector(pipeline_over, read):
    pipeline, _ = pipeline_over(response(404))
    gc.disable()
    try:
        try:
            await pipeline.execute(read)
        except NotFoundError as error:
            gone = weakref.ref(error)
        assert gone() is None
    finally:
        gc.enable()
