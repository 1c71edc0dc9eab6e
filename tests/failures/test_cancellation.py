"""Tasks cancelled at random take no connection and no slot with them."""

from __future__ import annotations

import asyncio
import random
import time

import anyio
import httpx
import pytest

from duro import AsyncDuro

pytestmark = pytest.mark.timeout(120)

TASKS = 150
WIDTH = 10
SECONDS = 5
CALLS_AFTERWARDS = 100


def patience(chance):
    """Draw how long a caller waits: some strike early in a call on any machine, some late, and some never."""
    return chance.uniform(0, chance.choice((0.02, 0.2, 2.0)))


def lane_of(client):
    (lane,) = client._requester.core.pipeline._transports._values.values()
    return lane


async def check_afterwards(client):
    lane = lane_of(client)
    assert lane.slots.value == WIDTH
    answers = []

    async def call(number):
        made = await client.customers.create(email=f"after-{number}@example.com")
        answers.append(made.email)

    async with anyio.create_task_group() as tasks:
        for number in range(CALLS_AFTERWARDS):
            tasks.start_soon(call, number)
    assert sorted(answers) == sorted(f"after-{number}@example.com" for number in range(CALLS_AFTERWARDS))
    assert lane.slots.value == WIDTH
    print(f"pools replaced: {lane.transport.pools_replaced}")
    # task.cancel() can strike in the moment in which httpcore gives a connection back; the pool is then replaced.
    assert lane.transport.pools_replaced <= 3


@pytest.mark.load
@pytest.mark.anyio
async def test_scopes_cancelled_at_random(sandbox):
    chance = random.Random(1)
    ended = {"cancelled": 0, "answered": 0}
    async with AsyncDuro(**sandbox.options, max_connections=WIDTH) as client:

        async def work(until):
            while time.monotonic() < until:
                with anyio.move_on_after(patience(chance)) as scope:
                    if chance.random() < 0.5:
                        await client.customers.create(email="somebody@example.com")
                    else:
                        await client.plans.list().page()
                ended["cancelled" if scope.cancelled_caught else "answered"] += 1

        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(work, time.monotonic() + SECONDS)
        assert min(ended.values()) > 20, ended
        print(ended)
        await check_afterwards(client)


@pytest.mark.load
@pytest.mark.asyncio
async def test_tasks_cancelled_at_random(sandbox):
    chance = random.Random(2)
    ended = {"cancelled": 0, "answered": 0}
    async with AsyncDuro(**sandbox.options, max_connections=WIDTH) as client:

        async def call():
            if chance.random() < 0.5:
                await client.customers.create(email="somebody@example.com")
            else:
                await client.plans.list().page()

        async def work(until):
            while time.monotonic() < until:
                task = asyncio.create_task(call())
                # task.cancel() strikes wherever the task stands, also where anyio would shield it.
                asyncio.get_running_loop().call_later(patience(chance), task.cancel)
                await asyncio.wait([task])
                ended["cancelled" if task.cancelled() else "answered"] += 1
                if not task.cancelled():
                    task.result()

        await asyncio.gather(*(work(time.monotonic() + SECONDS) for _ in range(TASKS)))
        assert min(ended.values()) > 20, ended
        print(ended)
        await check_afterwards(client)


@pytest.mark.asyncio
async def test_task_cancelled_while_a_connection_is_given_back_takes_no_place_with_it(raw_server, monkeypatch):
    loop = asyncio.get_running_loop()
    close = httpx.Response.aclose
    async with AsyncDuro("sk_test_1", base_url=raw_server.url, max_connections=2) as client:
        cancelled = []
        for steps in range(8):
            task = loop.create_task(client.request("GET", "/v1/anything"))

            def strike(left, task=task):
                if left:
                    loop.call_soon(strike, left - 1, task)
                else:
                    task.cancel()

            async def aclose(response, steps=steps, strike=strike):
                strike(steps)
                await close(response)

            with monkeypatch.context() as patch:
                patch.setattr(httpx.Response, "aclose", aclose)
                await asyncio.wait([task])
            cancelled.append(task.cancelled())
            pool = lane_of(client).transport._pool._transport._pool
            assert all(connection.is_idle() for connection in pool.connections), steps
        assert cancelled[0]
        assert not cancelled[-1]
        assert len(pool.connections) == 1
        assert lane_of(client).slots.value == 2
