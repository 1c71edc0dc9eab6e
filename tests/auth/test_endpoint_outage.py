"""Outages of the token endpoint: calls wait for the cooldown and share the next exchange. No test waits for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest
from attrs import evolve

from duro import (
    AsyncDuro,
    ConnectionFailedError,
    DeadlineExceededError,
    Duro,
    OutcomeUnknownError,
    TokenEndpointUnavailableError,
    TokenExchangeError,
)
from duro.config import ClientSettings, RetryPolicy
from tests.support.token_server import Reply

CALLERS = 200

OUTAGES = {
    "503": Reply(status=503),
    "500": Reply(status=500),
    "408": Reply(status=408),
    "429 with Retry-After": Reply(status=429, headers=(("retry-after", "2"),)),
    "reset": Reply(behavior="reset"),
    "hang": Reply(behavior="hang"),
}


@pytest.fixture(autouse=True)
def use_fake_clock(monkeypatch, clock):
    monkeypatch.setattr("duro.client.ClientSettings", partial(ClientSettings, clock=clock.as_clock))


@pytest.fixture
def fail_for(server, clock, monkeypatch):
    """Return a function that begins an outage of a number of seconds of the fake clock."""

    def begin(seconds: float, reply: Reply) -> None:
        if reply.behavior == "hang":
            # Real time, which passes in each exchange without a response.
            monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT_SECONDS", 0.3)
        end = clock.monotonic + seconds
        server.fail_while(lambda: clock.monotonic < end, reply)

    return begin


@asynccontextmanager
async def open_client(server, **options):
    async with AsyncDuro(**server.options, max_connections=400, **options) as client:
        yield partial(client.request, "GET", "/v1/plans")


@pytest.mark.anyio
async def test_outage_below_a_second_fails_no_call(server, fail_for, run_concurrently):
    fail_for(0.8, Reply(status=503))
    async with open_client(server, timeout=20) as call:
        outcomes = await run_concurrently(50, call)

    assert outcomes.errors == []
    assert server.posts == 2


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("kind", OUTAGES)
async def test_outage_of_three_seconds_fails_no_call_of_a_default_client(server, fail_for, run_concurrently, kind):
    fail_for(3, OUTAGES[kind])
    async with open_client(server) as call:
        outcomes = await run_concurrently(CALLERS, call)

    assert outcomes.errors == []
    assert server.calls == CALLERS
    assert server.posts <= 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", OUTAGES)
def test_outage_of_three_seconds_fails_no_call_of_a_blocking_client(server, fail_for, kind):
    fail_for(3, OUTAGES[kind])
    with Duro(**server.options, max_connections=400) as client, ThreadPoolExecutor(CALLERS) as threads:
        calls = [threads.submit(client.request, "GET", "/v1/plans") for _ in range(CALLERS)]
        errors = [call.exception() for call in calls]

    assert errors == [None] * CALLERS
    assert server.posts <= 5


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
async def test_exchanges_grow_with_the_time_and_not_with_the_callers(server, fail_for, run_concurrently, clock, draw):
    clock.draw = draw
    fail_for(5, Reply(status=503))
    async with open_client(server) as call:
        outcomes = await run_concurrently(CALLERS, call)

    assert outcomes.errors == []
    assert server.posts <= 6


@pytest.mark.anyio
async def test_client_without_retries_raises_at_once(server, fail_for, clock):
    fail_for(0.8, Reply(status=503))
    async with open_client(server, retries=0) as call:
        with pytest.raises(TokenExchangeError) as caught:
            await call()

    assert str(caught.value) == "GET /v1/plans failed: the token endpoint returned 503 (unavailable): No tokens now."
    assert clock.slept == []
    assert server.posts == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "reply",
    [Reply(status=400), Reply(status=401), Reply(status=403), Reply(status=404), Reply(body=b"<html>")],
    ids=["400", "401", "403", "404", "invalid"],
)
async def test_permanent_failure_is_raised_at_once(server, clock, reply):
    server.always = reply
    async with open_client(server) as call:
        with pytest.raises(TokenExchangeError):
            await call()

    assert clock.slept == []
    assert server.posts == 1


@pytest.mark.anyio
async def test_call_gives_up_if_the_cooldown_ends_after_its_deadline(server, clock):
    server.always = Reply(status=503, headers=(("retry-after", "40"),))
    async with open_client(server, timeout=30) as call:
        with pytest.raises(TokenExchangeError) as caught:
            await call()

    assert str(caught.value).endswith("No tokens now; the deadline would pass before the next exchange in 40.0 s")
    assert caught.value.retry_after == 40.0
    assert clock.slept == []
    assert server.posts == 1


@pytest.mark.anyio
async def test_call_gives_up_after_its_retries(server, clock, run_concurrently):
    server.always = Reply(status=503)
    async with open_client(server, retries=2, timeout=60) as call:
        outcomes = await run_concurrently(20, call)

    assert {type(error) for error in outcomes.errors} == {TokenEndpointUnavailableError}
    assert {str(error).partition("; ")[2] for error in outcomes.errors} == {"retries exhausted (retries=2)"}
    assert len({id(error) for error in outcomes.errors}) == 20
    assert server.posts == 3


@pytest.mark.anyio
async def test_call_during_a_cooldown_waits_for_the_next_exchange(server, clock):
    server.replies = [Reply(status=503)]
    async with open_client(server) as call:
        with pytest.raises(TokenExchangeError):
            await call(timeout=1.2)
        await call()

    assert clock.slept == [pytest.approx(1.25, abs=0.05)]
    assert server.posts == 2


@pytest.mark.anyio
async def test_token_of_a_client_waits_for_the_next_exchange(server, fail_for):
    fail_for(3, Reply(status=503))
    async with AsyncDuro(**server.options) as client:
        assert (await client.token()).access_token in server.valid
    assert server.posts <= 5


@pytest.mark.anyio
async def test_token_of_a_client_gives_up_after_its_retries(server):
    server.always = Reply(behavior="reset")
    async with AsyncDuro(**server.options, retries=1) as client:
        with pytest.raises(ConnectionFailedError, match=r"; retries exhausted \(retries=1\)$"):
            await client.token()
    assert server.posts == 2


@pytest.mark.anyio
async def test_failed_exchanges_and_lost_requests_share_the_retries(server, fail_for):
    """One failed exchange and one response 503 are two of two retries. The second 503 is raised."""
    server.replies = [Reply(status=503)]
    server.status_of_calls = 503
    server.valid = NoTokens()
    async with open_client(server, retries=2) as call:
        with pytest.raises(Exception, match=r"retries exhausted \(retries=2\)"):
            await call()

    assert server.posts == 2
    assert server.calls == 2


class NoTokens(set):
    def __contains__(self, item):
        return False


@pytest.mark.anyio
@pytest.mark.parametrize("retries", [1, 3])
async def test_write_in_doubt_stays_in_doubt_if_no_token_comes(server, retries):
    """A gateway responds to the write, the token expires before the retry, and the endpoint is out of order."""
    policy = RetryPolicy(retries=retries, base_delay=4000, max_delay=4000)
    async with AsyncDuro(**server.options, retries=policy, timeout=9000) as client:
        await client.token()
        server.always = Reply(status=503)
        server.valid = NoTokens()
        server.status_of_calls = 504
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.request("POST", "/v1/anything", json={}, idempotency_key="key-1")

    assert caught.value.idempotency_key == "key-1"
    assert "no further attempt was possible (the token endpoint returned 503" in str(caught.value)
    assert f"retries exhausted (retries={retries})" in str(caught.value)
    assert server.calls == 1
    assert server.posts == 1 + retries


@pytest.mark.anyio
async def test_wait_for_a_cooldown_can_be_cancelled_and_ends_at_the_deadline(server, clock, monkeypatch):
    server.always = Reply(status=503)
    clock.draw = 0.0
    waits = anyio.Event()

    async def wait_forever(_):
        waits.set()
        await anyio.sleep_forever()

    endless = evolve(clock.as_clock, sleep=wait_forever)
    monkeypatch.setattr("duro.client.ClientSettings", partial(ClientSettings, clock=endless))
    async with open_client(server) as call:
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await waits.wait()
            group.cancel_scope.cancel()
        # The cooldown of 0.75 s ends before this deadline.
        with pytest.raises(DeadlineExceededError):
            await call(timeout=1.5)

    assert server.posts == 1


@pytest.mark.anyio
async def test_retry_budget_does_not_limit_waits_for_a_token(server, fail_for, run_concurrently):
    """The waiting calls cause one exchange, and none of them sends a request to the API."""
    fail_for(3, Reply(status=503))
    async with open_client(server, retries=RetryPolicy(budget=0, budget_ratio=0)) as call:
        outcomes = await run_concurrently(CALLERS, call)

    assert outcomes.errors == []
