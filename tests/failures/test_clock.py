"""Clocks that are set, and machines that sleep: no token is used past its life, and no exchange is made without need.

The sandbox's tokens live by its own time, which is the true one here; only the client's machine is wrong about it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial

import anyio
import anyio.to_thread
import pytest

from duro import AsyncDuro, Duro
from duro._clock import Clock
from duro.config import Settings

CALLERS = 40
HOUR = 3600.0
DAY = 24 * HOUR
WAYS = ["asyncio", "trio", "blocking"]


class Machine:
    """The clocks of the client's machine, beside the sandbox's true time."""

    def __init__(self, sandbox):
        self.monotonic = 5_000.0
        self.wall = 1_800_000_000.0
        self._sandbox = sandbox

    @property
    def clock(self):
        return Clock(monotonic=lambda: self.monotonic, wall=lambda: self.wall)

    def run(self, seconds):
        """Time passes, and everybody notices."""
        self.monotonic += seconds
        self.sleep(seconds)

    def sleep(self, seconds):
        """Time passes; the monotonic clock stands still, as it does on Linux and macOS."""
        self.wall += seconds
        self._sandbox.clock.advance(seconds=seconds)

    def set_wall(self, seconds):
        """Somebody sets the wall clock; no time passes."""
        self.wall += seconds


class Client:
    """One client, however it is called, and what its calls cost at the server."""

    def __init__(self, sandbox, ask):
        self._sandbox = sandbox
        self._ask = ask

    async def call(self):
        await self._ask(lambda duro: duro.plans.list().collect())

    async def call_together(self):
        async with anyio.create_task_group() as callers:
            for _ in range(CALLERS):
                callers.start_soon(self.call)

    @property
    def exchanges(self):
        return self._sandbox.stats.token_exchanges

    @property
    def refused(self):
        return sum(entry.status == 401 for entry in self._sandbox.requests)


@asynccontextmanager
async def client_on(way, sandbox, **options):
    options = {**sandbox.options, "retries": 0, **options}
    if way == "blocking":
        threads = anyio.CapacityLimiter(CALLERS)
        with Duro(**options) as client:
            yield Client(sandbox, lambda call: anyio.to_thread.run_sync(call, client, limiter=threads))
    else:
        async with AsyncDuro(**options) as client:
            yield Client(sandbox, lambda call: call(client))


@pytest.fixture
def machine(sandbox, monkeypatch):
    """Clients live by the clocks of this machine."""
    machine = Machine(sandbox)
    monkeypatch.setattr("duro.client.Settings", partial(Settings, clock=machine.clock))
    return machine


@pytest.fixture(params=WAYS)
def play(request, sandbox, machine):
    """Play a story, ``await story(client)``, in each way to call."""

    def run(story, **options):
        async def main():
            with anyio.fail_after(50):
                async with client_on(request.param, sandbox, **options) as client:
                    await story(client)

        anyio.run(main, backend="trio" if request.param == "trio" else "asyncio")

    return run


def test_wall_clock_set_forward_three_days_costs_one_exchange(play, machine):
    async def story(client):
        await client.call()
        machine.set_wall(3 * DAY)
        await client.call_together()
        machine.run(HOUR / 2)
        await client.call_together()
        assert (client.exchanges, client.refused) == (2, 0)

    play(story)


def test_wall_clock_put_right_again_costs_none(play, machine):
    async def story(client):
        machine.set_wall(3 * DAY)
        await client.call()
        machine.set_wall(-3 * DAY)
        await client.call_together()
        assert (client.exchanges, client.refused) == (1, 0)

    play(story)


def test_wall_clock_set_back_a_day_neither_prolongs_a_token_nor_costs_an_exchange(play, machine):
    async def story(client):
        await client.call()
        machine.set_wall(-DAY)
        machine.run(HOUR / 2)
        await client.call_together()
        assert client.exchanges == 1
        machine.run(HOUR / 2)
        await client.call_together()
        assert (client.exchanges, client.refused) == (2, 0)

    play(story)


def test_wall_clock_that_is_set_to_and_fro_all_day_costs_an_exchange_each_time_at_most(play, machine):
    async def story(client):
        hours, minutes, forward = 24, 5, 0
        for step in range(hours * 60 // minutes):
            if step % 50 == 20:
                machine.set_wall(-DAY)
            if step % 50 == 45:
                machine.set_wall(3 * DAY)
                forward += 1
            machine.run(minutes * 60)
            await client.call()
        # A token serves for 55 minutes at least before it is renewed.
        assert client.exchanges <= 1 + hours * 60 // 55 + forward
        assert client.refused == 0

    play(story)


@pytest.mark.parametrize("hours", [1, 8, 72])
def test_token_from_before_a_sleep_is_not_sent_after_it(hours, play, machine):
    async def story(client):
        await client.call()
        machine.sleep(hours * HOUR)
        await client.call_together()
        assert (client.exchanges, client.refused) == (2, 0)

    play(story)


def test_nap_within_the_life_of_a_token_costs_nothing(play, machine):
    async def story(client):
        await client.call()
        machine.sleep(HOUR / 2)
        await client.call_together()
        assert (client.exchanges, client.refused) == (1, 0)

    play(story)


def test_sleep_that_no_clock_shows_costs_one_exchange_and_no_error(play, machine):
    """Whoever sets the clock back by as much as the machine slept, hides the sleep: then only the API can tell."""

    async def story(client):
        await client.call()
        machine.sleep(8 * HOUR)
        machine.set_wall(-8 * HOUR)
        await client.call_together()
        assert client.exchanges == 2
        assert 1 <= client.refused <= CALLERS

    play(story)


@pytest.mark.anyio
async def test_token_that_expires_while_its_callers_wait_for_a_connection_is_not_sent(sandbox, machine):
    async with AsyncDuro(**sandbox.options, max_connections=1, timeout=3 * HOUR, retries=0) as duro:
        await duro.token()
        lane = duro._requester.core.pipeline._transports.get()
        async with anyio.create_task_group() as callers, lane.slots:
            for _ in range(CALLERS):
                callers.start_soon(duro.plans.list().page)
            await anyio.wait_all_tasks_blocked()
            assert lane.slots.statistics().tasks_waiting == CALLERS
            machine.run(2 * HOUR)
        assert sandbox.stats.token_exchanges == 2
        assert [entry.status for entry in sandbox.requests if entry.method == "GET"] == [200] * CALLERS
