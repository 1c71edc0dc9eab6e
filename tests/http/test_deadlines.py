"""Deadlines and cancellation of calls."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from duro._clock import Clock
from duro.config import RetryPolicy
from duro.errors import (
    DeadlineExceededError,
    OutcomeUnknownError,
    RateLimitError,
    TransportError,
)
from tests.support.call_outcomes import LOST, MUTATIONS, NOT_SENT, response

pytestmark = pytest.mark.anyio


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
            await pipeline.execute(invocation(timeout=9.25, retry=RetryPolicy(retries=99, budget=99)))
        # 4 s, a delay of 0.425 s, 4 s, and the next delay of 0.85 s would reach the deadline
        assert len(transport.requests) == 2
        assert manual_time.sleeps == [0.425]

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
