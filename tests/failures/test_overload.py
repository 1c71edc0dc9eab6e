"""Overload and outages: clients add few retries, and calls succeed as soon as the server recovers.

Time is virtual: it advances when all tasks sleep. With ``-s``, each outage prints a line of counts.
"""

from __future__ import annotations

import math
import random
import threading
from collections import defaultdict
from email.utils import formatdate
from itertools import pairwise
from typing import NamedTuple

import anyio
import pytest

from duro import AsyncDuro, capture
from duro.config import RetryPolicy
from duro.errors import (
    ConnectionFailedError,
    DuroError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    TokenEndpointUnavailableError,
    TransportError,
)
from duro.sandbox import Sandbox

TASKS = 500
OUTAGE = 30.0
# Each task makes a call at the start, and then one in each interval.
INTERVAL = 10.0
# By then every call of the start has ended, and the retry budget is empty.
BUDGET_EMPTY_AT = 5.0
BUDGET = RetryPolicy().budget
RATIO = RetryPolicy().budget_ratio


class CallResult(NamedTuple):
    """Start, end, attempts and error of a call."""

    began: float
    ended: float
    attempts: int
    error: type | None


class Workers:
    """Tasks that make calls until a time, also after errors. Every second task makes writes."""

    def __init__(self, duro, time, *, until):
        self.calls = []
        self.created = []
        self._duro = duro
        self._time = time
        self._until = until
        self._random = random.Random(1)

    async def run(self, number_of_tasks, change_server):
        async with anyio.create_task_group() as tasks:
            for number in range(number_of_tasks):
                tasks.start_soon(self._make_calls, number)
            tasks.start_soon(self._change_server, change_server)

    async def _change_server(self, change_server):
        with self._time.task():
            await change_server()

    async def _make_calls(self, number):
        with self._time.task():
            await self._call(number)
            for start in range(int(INTERVAL), int(self._until), int(INTERVAL)):
                await self._time.sleep_until(start + self._random.uniform(0, INTERVAL * 0.5))
                await self._call(number)

    async def _call(self, number):
        began, error = self._time.now, None
        with capture() as calls:
            try:
                if number % 2:
                    email = f"{len(self.calls)}-{number}@example.com"
                    self.created.append((await self._duro.customers.create(email=email)).email)
                else:
                    await self._duro.plans.list().page()
            except DuroError as caught:
                error = type(caught)
        self.calls.append(CallResult(began, self._time.now, calls[0].attempts, error))

    def between(self, start, end):
        return [call for call in self.calls if start <= call.began < end]


def requests_per_call(calls):
    return sum(call.attempts for call in calls) / len(calls)


def errors_of(calls):
    return {call.error for call in calls}


OUTAGES = {
    "503": ({"kind": "status", "status": 503}, {InternalServerError}),
    "500": ({"kind": "status", "status": 500}, {InternalServerError}),
    "429": ({"kind": "status", "status": 429}, {RateLimitError}),
    "reset": ({"kind": "reset_before"}, {TransportError, OutcomeUnknownError}),
}


@pytest.mark.load
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("outage", "backend"), [("503", "asyncio"), ("500", "trio"), ("429", "asyncio"), ("reset", "trio")]
)
def test_outage_gets_few_retries_and_no_call_fails_after_it(outage, backend, sandbox, virtual_time):
    fault, errors = OUTAGES[outage]
    time = virtual_time(TASKS + 1)
    short_outage = 40

    async def main():
        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, max_connections=16, timeout=120) as duro:
            workers = Workers(duro, time, until=OUTAGE + 3 * INTERVAL)

            async def change_server():
                sandbox.faults.add(**fault, times=None)
                await time.sleep_until(OUTAGE)
                assert sandbox.stats.requests <= 1.2 * len(workers.calls)
                sandbox.faults.clear()
                await time.sleep_until(OUTAGE + 2 * INTERVAL - 1)
                sandbox.faults.add("status", status=503, times=short_outage)

            await workers.run(TASKS, change_server)
            first = workers.between(0, BUDGET_EMPTY_AT)
            later = workers.between(BUDGET_EMPTY_AT, OUTAGE - BUDGET_EMPTY_AT)
            recovered = workers.between(OUTAGE, OUTAGE + 2 * INTERVAL - 1)
            last = workers.between(OUTAGE + 2 * INTERVAL, math.inf)
            print(
                f"\n{outage} on {backend}: {len(workers.calls)} calls, {sandbox.stats.requests} requests; "
                f"a call needed {requests_per_call(first):.3f} requests until the budget was empty, "
                f"{requests_per_call(later):.3f} from then on, {requests_per_call(recovered):.3f} after the outage, "
                f"{requests_per_call(last):.3f} when {short_outage} more failed"
            )
            assert sum(call.attempts for call in workers.calls) == sandbox.stats.requests

            assert errors_of(first) == errors_of(later) == errors
            assert TASKS < sum(call.attempts for call in first) <= TASKS * (1 + RATIO) + BUDGET
            assert len(later) == 2 * TASKS
            assert 1 < requests_per_call(later) <= 1.2

            # The client does not block calls by itself, so they succeed immediately, and the budget fills up again.
            assert all(call.error is None for call in workers.calls if call.ended >= OUTAGE)
            assert {(call.attempts, call.ended - call.began) for call in recovered} == {(1, 0.0)}
            assert len(recovered) == len(last) * 2 == 2 * TASKS
            assert sum(call.attempts for call in last) == TASKS + short_outage

            existing = await duro.customers.list(page_size=100).collect(limit=10_000)
            assert sorted(customer.email for customer in existing) == sorted(workers.created)

    anyio.run(main, backend=backend)


@pytest.mark.slow
@pytest.mark.anyio
async def test_calls_succeed_as_soon_as_the_server_starts(virtual_time, closed_port):
    task_count = 100
    time = virtual_time(task_count + 1)
    sandbox = Sandbox(port=closed_port)
    async with AsyncDuro(sandbox.secret_key, base_url=f"http://127.0.0.1:{closed_port}", max_connections=16) as duro:
        workers = Workers(duro, time, until=OUTAGE + 2 * INTERVAL)

        async def change_server():
            await time.sleep_until(OUTAGE)
            await anyio.to_thread.run_sync(sandbox.start)

        try:
            await workers.run(task_count, change_server)
        finally:
            await anyio.to_thread.run_sync(sandbox.stop)
    down, up = workers.between(0, OUTAGE - BUDGET_EMPTY_AT), workers.between(OUTAGE, math.inf)
    assert errors_of(down) == {ConnectionFailedError}
    # Attempts that were not sent cost the server nothing, so that they do not use the retry budget.
    assert {call.attempts for call in down} == {1 + RetryPolicy().retries}
    assert {(call.attempts, call.error) for call in up} == {(1, None)}


@pytest.mark.slow
@pytest.mark.anyio
async def test_token_endpoint_gets_few_requests_in_an_outage(sandbox, virtual_time):
    task_count = 200
    time = virtual_time(task_count + 1)
    async with AsyncDuro(**sandbox.options, max_connections=16) as duro:
        workers = Workers(duro, time, until=OUTAGE + 2 * INTERVAL)
        counts = []

        async def change_server():
            sandbox.faults.add("status", status=503, times=None)
            await time.sleep_until(OUTAGE)
            counts.append((sandbox.stats.token_exchanges, sandbox.stats.requests))
            sandbox.faults.clear()

        await workers.run(task_count, change_server)
    ((exchanges, requests),) = counts
    # The cooldown doubles from 1 to 8 seconds, less a quarter at most.
    assert 2 <= exchanges <= 4 + OUTAGE / 6
    assert requests == exchanges
    # A call waits for up to three further exchanges, also beyond the end of the outage.
    assert errors_of(call for call in workers.calls if call.ended < OUTAGE) == {TokenEndpointUnavailableError}
    assert errors_of(workers.between(OUTAGE, math.inf)) == {None}
    assert sandbox.stats.token_exchanges == exchanges + 1


def key_of(request):
    return dict(line.split(b": ", 1) for line in request.head.split(b"\r\n")[1:])[b"idempotency-key"]


class RateLimiter:
    """Reply that accepts a number of requests in each window of virtual time and rejects the others."""

    def __init__(self, time, *, window, limit, format_wait):
        self.arrivals = defaultdict(list)
        self.accepted = []
        self._time = time
        self._window = window
        self._limit = limit
        self._format_wait = format_wait
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            now = self._time.now
            free_at = (now // self._window + 1) * self._window
            self.arrivals[key_of(request)].append((now, free_at, request.body))
            if sum(each >= free_at - self._window for each in self.accepted) < self._limit:
                self.accepted.append(now)
                return ACCEPTED
        return too_many_requests(
            f"Retry-After: {self._format_wait(free_at - now, self._time.wall + free_at - now)}\r\n"
        )


ACCEPTED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def too_many_requests(line=""):
    return f"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n{line}\r\n".encode()


WAIT_FORMATS = {
    "seconds": lambda wait, _time: math.ceil(wait),
    "date": lambda _wait, time: formatdate(math.ceil(time), usegmt=True),
}


async def write_concurrently(duro, time, task_count):
    async def write(number):
        with time.task():
            await duro.request("POST", "/v1/anything", json={"number": number}, idempotency_key=f"key-{number}")

    async with anyio.create_task_group() as tasks:
        for number in range(task_count):
            tasks.start_soon(write, number)


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("wait_format", WAIT_FORMATS)
async def test_rate_limited_request_is_not_repeated_before_the_time_of_retry_after(
    wait_format, raw_server, virtual_time
):
    task_count = 60
    time = virtual_time(task_count)
    raw_server.reply = limiter = RateLimiter(time, window=10, limit=20, format_wait=WAIT_FORMATS[wait_format])
    async with AsyncDuro("sk_test_1", base_url=raw_server.url, timeout=120, retries=RetryPolicy(budget=100)) as duro:
        await write_concurrently(duro, time, task_count)
    assert len(limiter.accepted) == task_count
    for arrivals in limiter.arrivals.values():
        assert len({body for _, _, body in arrivals}) == 1
        for (_, free_at, _), (again_at, _, _) in pairwise(arrivals):
            assert again_at >= free_at
    # No call waits longer than it must, so only the requests beyond the limit of a window are rejected.
    assert sorted(map(len, limiter.arrivals.values())) == [1] * 20 + [2] * 20 + [3] * 20
    assert max(limiter.accepted) == 20


@pytest.mark.slow
@pytest.mark.anyio
async def test_retries_without_retry_after_are_spread_over_time(raw_server, virtual_time):
    task_count = 200
    time = virtual_time(task_count)
    arrivals = defaultdict(list)

    def reply(request):
        times = arrivals[key_of(request)]
        times.append(time.now)
        return ACCEPTED if len(times) == 2 else too_many_requests()

    raw_server.reply = reply
    policy = RetryPolicy(retries=1, budget=task_count)
    async with AsyncDuro("sk_test_1", base_url=raw_server.url, max_connections=16, timeout=120, retries=policy) as duro:
        await write_concurrently(duro, time, task_count)
    waits = [second - first for first, second in arrivals.values()]
    assert len(waits) == len(set(waits)) == task_count
    assert 0 < min(waits) < max(waits) <= policy.base_delay
    # Full jitter: each fifth of the delay gets at least half of its expected share.
    shares = [sum(part <= wait / policy.base_delay * 5 < part + 1 for wait in waits) for part in range(5)]
    assert min(shares) >= task_count / 10
