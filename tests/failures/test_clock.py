"""Clock changes and sleep of the machine: expired tokens are not sent, and valid tokens are not exchanged.

The sandbox has a correct clock of its own, which decides when a token expires. Only the client's clocks are wrong.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial

import anyio
import anyio.to_thread
import pytest

from duro import AsyncDuro, Duro
from duro._clock import Clock
from duro.config import ClientSettings

TASKS = 40
HOUR = 3600.0
DAY = 24 * HOUR
INTERFACES = ["asyncio", "trio", "blocking"]


class Machine:
    """Clocks of the client's machine, and the correct clock of the sandbox."""

    def __init__(self, sandbox):
        self.monotonic = 5_000.0
        self.wall = 1_800_000_000.0
        self._sandbox = sandbox

    @property
    def clock(self):
        return Clock(monotonic=lambda: self.monotonic, wall=lambda: self.wall)

    def run(self, seconds):
        """Advance all clocks."""
        self.monotonic += seconds
        self.sleep(seconds)

    def sleep(self, seconds):
        """Advance all clocks but the monotonic one, which stops during sleep on Linux and macOS."""
        self.wall += seconds
        self._sandbox.clock.advance(seconds=seconds)

    def set_wall(self, seconds):
        """Set the wall clock without any time passing."""
        self.wall += seconds


class Client:
    """A client of any interface, and the requests that the sandbox has received from it."""

    def __init__(self, sandbox, run_call):
        self._sandbox = sandbox
        self._run_call = run_call

    async def call(self):
        await self._run_call(lambda duro: duro.plans.list().collect())

    async def call_concurrently(self):
        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(self.call)

    @property
    def exchanges(self):
        return self._sandbox.stats.token_exchanges

    @property
    def refused(self):
        return sum(entry.status == 401 for entry in self._sandbox.requests)


@asynccontextmanager
async def open_client(interface, sandbox, **options):
    options = {**sandbox.options, "retries": 0, **options}
    if interface == "blocking":
        threads = anyio.CapacityLimiter(TASKS)
        with Duro(**options) as client:
            yield Client(sandbox, lambda call: anyio.to_thread.run_sync(call, client, limiter=threads))
    else:
        async with AsyncDuro(**options) as client:
            yield Client(sandbox, lambda call: call(client))


@pytest.fixture
def machine(sandbox, monkeypatch):
    """Return a machine whose clocks the clients use."""
    machine = Machine(sandbox)
    monkeypatch.setattr("duro.client.ClientSettings", partial(ClientSettings, clock=machine.clock))
    return machine


@pytest.fixture(params=INTERFACES)
def run_on_each(request, sandbox, machine):
    """Run ``await scenario(client)`` with the client of each interface."""

    def run(scenario, **options):
        async def main():
            with anyio.fail_after(50):
                async with open_client(request.param, sandbox, **options) as client:
                    await scenario(client)

        anyio.run(main, backend="trio" if request.param == "trio" else "asyncio")

    return run


@pytest.mark.slow
def test_wall_clock_set_forward_three_days_causes_one_exchange(run_on_each, machine):
    async def scenario(client):
        await client.call()
        machine.set_wall(3 * DAY)
        await client.call_concurrently()
        machine.run(HOUR / 2)
        await client.call_concurrently()
        assert (client.exchanges, client.refused) == (2, 0)

    run_on_each(scenario)


def test_wall_clock_corrected_afterwards_causes_no_exchange(run_on_each, machine):
    async def scenario(client):
        machine.set_wall(3 * DAY)
        await client.call()
        machine.set_wall(-3 * DAY)
        await client.call_concurrently()
        assert (client.exchanges, client.refused) == (1, 0)

    run_on_each(scenario)


@pytest.mark.slow
def test_wall_clock_set_back_a_day_does_not_extend_a_token_or_cause_an_exchange(run_on_each, machine):
    async def scenario(client):
        await client.call()
        machine.set_wall(-DAY)
        machine.run(HOUR / 2)
        await client.call_concurrently()
        assert client.exchanges == 1
        machine.run(HOUR / 2)
        await client.call_concurrently()
        assert (client.exchanges, client.refused) == (2, 0)

    run_on_each(scenario)


@pytest.mark.slow
def test_wall_clock_set_repeatedly_causes_at_most_one_exchange_each_time(run_on_each, machine):
    async def scenario(client):
        hours, minutes, forward = 24, 5, 0
        for step in range(hours * 60 // minutes):
            if step % 50 == 20:
                machine.set_wall(-DAY)
            if step % 50 == 45:
                machine.set_wall(3 * DAY)
                forward += 1
            machine.run(minutes * 60)
            await client.call()
        # A token is used for at least 55 minutes before it is refreshed.
        assert client.exchanges <= 1 + hours * 60 // 55 + forward
        assert client.refused == 0

    run_on_each(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, 8, 72])
def test_token_that_expired_during_sleep_is_not_sent(hours, run_on_each, machine):
    async def scenario(client):
        await client.call()
        machine.sleep(hours * HOUR)
        await client.call_concurrently()
        assert (client.exchanges, client.refused) == (2, 0)

    run_on_each(scenario)


def test_sleep_shorter_than_the_token_lifetime_causes_no_exchange(run_on_each, machine):
    async def scenario(client):
        await client.call()
        machine.sleep(HOUR / 2)
        await client.call_concurrently()
        assert (client.exchanges, client.refused) == (1, 0)

    run_on_each(scenario)


def test_sleep_hidden_from_both_clocks_causes_one_exchange_and_no_error(run_on_each, machine):
    """A wall clock set back by the time of the sleep hides the sleep, so only the API detects the expired token."""

    async def scenario(client):
        await client.call()
        machine.sleep(8 * HOUR)
        machine.set_wall(-8 * HOUR)
        await client.call_concurrently()
        assert client.exchanges == 2
        assert 1 <= client.refused <= TASKS

    run_on_each(scenario)


@pytest.mark.anyio
async def test_token_that_expires_while_calls_wait_for_a_connection_is_not_sent(sandbox, machine):
    async with AsyncDuro(**sandbox.options, max_connections=1, timeout=3 * HOUR, retries=0) as duro:
        await duro.token()
        lane = duro._requester.state.pipeline._transports.get()
        async with anyio.create_task_group() as tasks, lane.slots:
            for _ in range(TASKS):
                tasks.start_soon(duro.plans.list().page)
            await anyio.wait_all_tasks_blocked()
            assert lane.slots.statistics().tasks_waiting == TASKS
            machine.run(2 * HOUR)
        assert sandbox.stats.token_exchanges == 2
        assert [entry.status for entry in sandbox.requests if entry.method == "GET"] == [200] * TASKS
