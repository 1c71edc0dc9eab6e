"""Requests, retries, repetition after a 401, the limiter and closing."""

from __future__ import annotations

import gc
import weakref
from email.utils import formatdate

import anyio
import pytest
from attrs import evolve

from duro._clock import Clock
from duro.config import ClientSettings, RetryPolicy
from duro.errors import (
    APIError,
    AuthenticationError,
    ClientClosedError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
)
from duro.http.pipeline import Pipeline
from tests.support.call_outcomes import LOST, MUTATIONS, NOT_SENT, api_error, response

pytestmark = pytest.mark.anyio


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
    assert manual_time.sleeps == [0.425, 7.0, 1.7]


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
        pipeline, transport = pipeline_over(response(401), api_error(503), NOT_SENT, response(401), response(200))
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
            ClientSettings("http://127.0.0.1:1", clock=manual_time.clock), lambda: opened.append(1) or transport
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
        pipeline = Pipeline(ClientSettings("http://127.0.0.1:1", clock=clock), lambda: opened.append(1) or transport)
        with pytest.raises(ClientClosedError):
            await pipeline.execute(read)
        assert opened == [1]


async def test_programming_error_of_a_transport_is_not_retried(pipeline_over, write):
    pipeline, transport = pipeline_over(ZeroDivisionError("a bug"))
    with pytest.raises(OutcomeUnknownError, match="ZeroDivisionError") as caught:
        await pipeline.execute(write)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
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
