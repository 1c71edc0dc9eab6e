"""Fake clock, blockable token exchange, and concurrent calls of a client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest
import trio.testing
from anyio.lowlevel import checkpoint, current_token
from attrs import define, field

from duro import AsyncDuro
from duro._clock import Clock
from duro.auth.cache import TokenCache
from duro.auth.token import ClockReading, Token
from duro.config import ClientSettings
from tests.support.timeouts import TIMEOUT
from tests.support.token_server import TokenServer


@define
class FakeClock:
    """Clock that the test moves, with random numbers that the test chooses."""

    monotonic: float = 1_000.0
    wall: float = 1_700_000_000.0
    draw: float = 1.0
    slept: list[float] = field(factory=list)
    drawn: list[tuple[float, float]] = field(factory=list)

    def advance(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds

    def uniform(self, low: float, high: float) -> float:
        self.drawn.append((low, high))
        return low + (high - low) * self.draw

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await checkpoint()

    @property
    def as_clock(self) -> Clock:
        return Clock(monotonic=lambda: self.monotonic, wall=lambda: self.wall, sleep=self.sleep, uniform=self.uniform)


@pytest.fixture
def clock():
    return FakeClock()


class FakeExchange:
    """Exchange that counts its calls, can be blocked, and returns or raises the next outcome."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls = 0
        self.outcomes: list[float | BaseException] = []
        self.always: float | BaseException = 3600.0
        self._gate: anyio.Event | None = None
        self._blocked_gate: anyio.Event | None = None

    def block(self) -> None:
        self._gate = anyio.Event()

    def unblock_waiting(self) -> None:
        """Keep the waiting calls blocked, and let later calls pass."""
        assert self._gate is not None
        self._blocked_gate, self._gate = self._gate, None

    def unblock(self) -> None:
        gate = self._gate or self._blocked_gate
        assert gate is not None
        gate.set()
        self._gate = self._blocked_gate = None

    async def __call__(self) -> Token:
        self.calls += 1
        name = f"token-{self.calls}"
        requested_at = ClockReading.read(self.clock.as_clock)
        gate = self._gate
        await checkpoint()
        if gate is not None:
            await gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else self.always
        if isinstance(outcome, BaseException):
            raise outcome
        return Token.from_grant(name, expires_in=outcome, requested_at=requested_at, clock=self.clock.as_clock)


@pytest.fixture
def exchange(clock):
    return FakeExchange(clock)


@pytest.fixture
def cache(exchange, clock):
    return TokenCache(exchange, clock.as_clock)


async def wait_until_blocked() -> None:
    """Wait until every other task waits."""
    if not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        await trio.testing.wait_all_tasks_blocked()
        return
    limit = time.monotonic() + TIMEOUT
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        blocked = all(task._fut_waiter is not None and not task._fut_waiter.done() for task in others)
        quiet = quiet + 1 if blocked else 0
        assert time.monotonic() < limit, "the other tasks did not block"


@pytest.fixture(name="wait_until_blocked")
def wait_until_blocked_fixture():
    return wait_until_blocked


@define
class Outcomes:
    """Results and errors of concurrent calls."""

    results: list[Any] = field(factory=list)
    errors: list[BaseException] = field(factory=list)

    async def run(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            self.results.append(await call())
        except Exception as error:
            self.errors.append(error)

    @property
    def count(self) -> int:
        return len(self.results) + len(self.errors)


async def run_concurrently(
    number: int, call: Callable[[], Awaitable[Any]], *, during: Callable[[], Awaitable[None]] | None = None
) -> Outcomes:
    """Run a number of calls concurrently. Run ``during`` as soon as all of them wait."""
    outcomes = Outcomes()
    async with anyio.create_task_group() as group:
        for _ in range(number):
            group.start_soon(outcomes.run, call)
        if during is not None:
            await wait_until_blocked()
            await during()
    assert outcomes.count == number
    return outcomes


@pytest.fixture(name="run_concurrently")
def run_concurrently_fixture():
    return run_concurrently


@pytest.fixture
def server():
    server = TokenServer()
    yield server
    server.stop()


@pytest.fixture
def client(server, clock, monkeypatch):
    """Client with the test's clock, enough connections for all calls, and no retries."""
    monkeypatch.setattr("duro.client.ClientSettings", partial(ClientSettings, clock=clock.as_clock))
    return AsyncDuro(**server.options, max_connections=400, retries=0)


class ApiCaller:
    """Callable that calls the API, once or concurrently."""

    def __init__(self, client: AsyncDuro) -> None:
        self._client = client

    async def __call__(self, **options: Any) -> Any:
        return await self._client.request("GET", "/v1/plans", **options)

    async def run_concurrently(self, number: int, *, during: Callable[[], Awaitable[None]] | None = None) -> Outcomes:
        return await run_concurrently(number, self, during=during)


@pytest.fixture
def call_api(client):
    return ApiCaller(client)
