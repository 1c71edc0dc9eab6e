"""A server that is overloaded or down: the clients do not make it worse, and are back as soon as it is.

Time is virtual: it moves when all callers sleep. With ``-s``, a line for each outage shows what was met.
"""

from __future__ import annotations

import math
import random
import threading
from collections import defaultdict
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from heapq import heappop, heappush
from itertools import count, pairwise
from typing import NamedTuple

import anyio
import pytest

from duro import AsyncDuro, capture
from duro._clock import Clock
from duro.config import RetryPolicy, Settings
from duro.errors import (
    ConnectionFailedError,
    DuroError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    TokenExchangeError,
    TransportError,
)
from duro.sandbox import Sandbox

CALLERS = 500
OUTAGE = 30.0
# Each caller calls once at the start, and then once in each of these.
ROUND = 10.0
# By then every call of the first rush has ended, and left the budget empty.
EMPTY = 5.0
BUDGET = RetryPolicy().budget
RATIO = RetryPolicy().budget_ratio


class VirtualTime:
    """A clock for many callers, which jumps to the moment when the first of them wakes as soon as all sleep."""

    def __init__(self, callers):
        self.now = 0.0
        self._awake = callers
        self._sleepers = []
        self._order = count()
        self._chance = random.Random(callers)

    @property
    def wall(self):
        return 1_800_000_000.0 + self.now

    @property
    def clock(self):
        return Clock(
            monotonic=lambda: 5_000.0 + self.now,
            wall=lambda: self.wall,
            sleep=self.sleep,
            uniform=self._chance.uniform,
        )

    @contextmanager
    def caller(self):
        """Whoever is counted among the callers tells when it has ended."""
        try:
            yield
        finally:
            self._rest()

    async def sleep(self, seconds):
        woken = anyio.Event()
        heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        self._rest()
        await woken.wait()

    async def sleep_until(self, moment):
        await self.sleep(max(0.0, moment - self.now))

    def _rest(self):
        self._awake -= 1
        if self._awake == 0 and self._sleepers:
            self.now = self._sleepers[0][0]
            while self._sleepers and self._sleepers[0][0] <= self.now:
                self._awake += 1
                heappop(self._sleepers)[2].set()


@pytest.fixture
def virtual_time(monkeypatch):
    """Gives the clock of so many callers, by which clients made from then on live."""

    def make(callers):
        time = VirtualTime(callers)
        monkeypatch.setattr("duro.client.Settings", partial(Settings, clock=time.clock))
        return time

    return make


class Ended(NamedTuple):
    """One call, when it began, and how it ended."""

    began: float
    ended: float
    attempts: int
    error: type | None


class Crowd:
    """Callers that go on calling, whatever becomes of it; every second one writes."""

    def __init__(self, duro, time, *, until):
        self.calls = []
        self.made = []
        self._duro = duro
        self._time = time
        self._until = until
        self._chance = random.Random(1)

    async def run(self, callers, conduct):
        async with anyio.create_task_group() as tasks:
            for number in range(callers):
                tasks.start_soon(self._caller, number)
            tasks.start_soon(self._conductor, conduct)

    async def _conductor(self, conduct):
        with self._time.caller():
            await conduct()

    async def _caller(self, number):
        with self._time.caller():
            await self._call(number)
            for start in range(int(ROUND), int(self._until), int(ROUND)):
                await self._time.sleep_until(start + self._chance.uniform(0, ROUND * 0.5))
                await self._call(number)

    async def _call(self, number):
        began, error = self._time.now, None
        with capture() as calls:
            try:
                if number % 2:
                    email = f"{len(self.calls)}-{number}@example.com"
                    self.made.append((await self._duro.customers.create(email=email)).email)
                else:
                    await self._duro.plans.list().page()
            except DuroError as caught:
                error = type(caught)
        self.calls.append(Ended(began, self._time.now, calls[0].attempts, error))

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
def test_outage_meets_few_retries_and_its_end_is_the_end_of_all_errors(outage, backend, sandbox, virtual_time):
    fault, errors = OUTAGES[outage]
    time = virtual_time(CALLERS + 1)
    blip = 40

    async def main():
        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, max_connections=16, timeout=120) as duro:
            crowd = Crowd(duro, time, until=OUTAGE + 3 * ROUND)

            async def conduct():
                sandbox.faults.add(**fault, times=None)
                await time.sleep_until(OUTAGE)
                sandbox.faults.clear()
                await time.sleep_until(OUTAGE + 2 * ROUND - 1)
                sandbox.faults.add("status", status=503, times=blip)

            await crowd.run(CALLERS, conduct)
            rush, rest = crowd.between(0, EMPTY), crowd.between(EMPTY, OUTAGE - EMPTY)
            healed, blipped = crowd.between(OUTAGE, OUTAGE + 2 * ROUND - 1), crowd.between(OUTAGE + 2 * ROUND, math.inf)
            print(
                f"\n{outage} on {backend}: {len(crowd.calls)} calls, {sandbox.stats.requests} requests; a call took "
                f"{requests_per_call(rush):.3f} requests until the budget was empty, {requests_per_call(rest):.3f} "
                f"from then on, {requests_per_call(healed):.3f} after the outage, {requests_per_call(blipped):.3f} "
                f"when {blip} more failed"
            )
            assert sum(call.attempts for call in crowd.calls) == sandbox.stats.requests

            assert errors_of(rush) == errors_of(rest) == errors
            assert CALLERS < sum(call.attempts for call in rush) <= CALLERS * (1 + RATIO) + BUDGET
            assert len(rest) == 2 * CALLERS
            assert 1 < requests_per_call(rest) <= 1.2

            # Whoever is told by nobody but the server goes on at once, and the budget fills again.
            assert all(call.error is None for call in crowd.calls if call.ended >= OUTAGE)
            assert {(call.attempts, call.ended - call.began) for call in healed} == {(1, 0.0)}
            assert len(healed) == len(blipped) * 2 == 2 * CALLERS
            assert sum(call.attempts for call in blipped) == CALLERS + blip

            there = await duro.customers.list(limit=100).collect(limit=10_000)
            assert sorted(customer.email for customer in there) == sorted(crowd.made)

    anyio.run(main, backend=backend)


@pytest.mark.anyio
async def test_server_that_is_away_is_found_again_when_it_is_back(virtual_time):
    callers = 100
    time = virtual_time(callers + 1)
    sandbox = Sandbox()
    sandbox.start()
    port = int(sandbox.url.rpartition(":")[2])
    sandbox.stop()
    sandbox = Sandbox(port=port)
    async with AsyncDuro(sandbox.secret_key, base_url=f"http://127.0.0.1:{port}", max_connections=16) as duro:
        crowd = Crowd(duro, time, until=OUTAGE + 2 * ROUND)

        async def conduct():
            await time.sleep_until(OUTAGE)
            await anyio.to_thread.run_sync(sandbox.start)

        try:
            await crowd.run(callers, conduct)
        finally:
            await anyio.to_thread.run_sync(sandbox.stop)
    down, up = crowd.between(0, OUTAGE - EMPTY), crowd.between(OUTAGE, math.inf)
    assert errors_of(down) == {ConnectionFailedError}
    assert sum(call.attempts for call in down) <= len(down) * (1 + RATIO) + BUDGET
    assert {(call.attempts, call.error) for call in up} == {(1, None)}


@pytest.mark.anyio
async def test_token_endpoint_in_an_outage_is_asked_about_once_a_second(sandbox, virtual_time):
    callers = 200
    time = virtual_time(callers + 1)
    async with AsyncDuro(**sandbox.options, max_connections=16) as duro:
        crowd = Crowd(duro, time, until=OUTAGE + 2 * ROUND)
        asked = []

        async def conduct():
            sandbox.faults.add("status", status=503, times=None)
            await time.sleep_until(OUTAGE)
            asked.append((sandbox.stats.token_exchanges, sandbox.stats.requests))
            sandbox.faults.clear()

        await crowd.run(callers, conduct)
    ((exchanges, requests),) = asked
    # A failure is remembered for three quarters of a second at least.
    assert 2 <= exchanges <= 1 + OUTAGE / 0.75
    assert requests == exchanges
    assert errors_of(crowd.between(0, OUTAGE - EMPTY)) == {TokenExchangeError}
    assert errors_of(crowd.between(OUTAGE + 1.25, math.inf)) == {None}
    assert sandbox.stats.token_exchanges == exchanges + 1


def key_of(request):
    return dict(line.split(b": ", 1) for line in request.head.split(b"\r\n")[1:])[b"idempotency-key"]


class RateLimiter:
    """Lets so many requests through in each window of the virtual time, and tells the others when to come again."""

    def __init__(self, time, *, window, most, word):
        self.arrivals = defaultdict(list)
        self.admitted = []
        self._time = time
        self._window = window
        self._most = most
        self._word = word
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            now = self._time.now
            free_at = (now // self._window + 1) * self._window
            self.arrivals[key_of(request)].append((now, free_at, request.body))
            if sum(each >= free_at - self._window for each in self.admitted) < self._most:
                self.admitted.append(now)
                return ADMITTED
        return limited(f"Retry-After: {self._word(free_at - now, self._time.wall + free_at - now)}\r\n")


ADMITTED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def limited(line=""):
    return f"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n{line}\r\n".encode()


WORDS = {
    "seconds": lambda wait, _moment: math.ceil(wait),
    "date": lambda _wait, moment: formatdate(math.ceil(moment), usegmt=True),
}


async def write_together(duro, time, callers):
    async def write(number):
        with time.caller():
            await duro.request("POST", "/v1/anything", json={"number": number}, idempotency_key=f"key-{number}")

    async with anyio.create_task_group() as tasks:
        for number in range(callers):
            tasks.start_soon(write, number)


@pytest.mark.anyio
@pytest.mark.parametrize("word", WORDS)
async def test_limited_server_is_not_asked_again_before_the_moment_that_it_names(word, raw_server, virtual_time):
    callers = 60
    time = virtual_time(callers)
    raw_server.reply = limiter = RateLimiter(time, window=10, most=20, word=WORDS[word])
    async with AsyncDuro("sk_test_1", base_url=raw_server.url, timeout=120, retries=RetryPolicy(budget=100)) as duro:
        await write_together(duro, time, callers)
    assert len(limiter.admitted) == callers
    for arrivals in limiter.arrivals.values():
        assert len({body for _, _, body in arrivals}) == 1
        for (_, free_at, _), (again_at, _, _) in pairwise(arrivals):
            assert again_at >= free_at
    # Nobody waits longer than told, and nobody comes in vain but for those whom the window has no room for.
    assert sorted(map(len, limiter.arrivals.values())) == [1] * 20 + [2] * 20 + [3] * 20
    assert max(limiter.admitted) == 20


@pytest.mark.anyio
async def test_limited_server_that_names_no_moment_is_not_asked_by_all_at_once(raw_server, virtual_time):
    callers = 200
    time = virtual_time(callers)
    arrivals = defaultdict(list)

    def reply(request):
        moments = arrivals[key_of(request)]
        moments.append(time.now)
        return ADMITTED if len(moments) == 2 else limited()

    raw_server.reply = reply
    policy = RetryPolicy(retries=1, budget=callers)
    async with AsyncDuro("sk_test_1", base_url=raw_server.url, max_connections=16, timeout=120, retries=policy) as duro:
        await write_together(duro, time, callers)
    waits = [second - first for first, second in arrivals.values()]
    assert len(waits) == len(set(waits)) == callers
    assert 0 < min(waits) < max(waits) <= policy.base_delay
    # Full jitter: each fifth of the time gets its share.
    shares = [sum(part <= wait / policy.base_delay * 5 < part + 1 for wait in waits) for part in range(5)]
    assert min(shares) >= callers / 10
