"""Cancellation at random moments: connections and slots are not lost."""

from __future__ import annotations

import asyncio
import random
import time

import anyio
import httpcore
import pytest

from duro import AsyncDuro

pytestmark = pytest.mark.timeout(120)

TASKS = 150
MAX_CONNECTIONS = 10
SECONDS = 5
CALLS_AFTERWARDS = 100


def draw_delay(random_):
    """Return the seconds until a cancellation: early in a call, late in it, or after its end."""
    return random_.uniform(0, random_.choice((0.02, 0.2, 2.0)))


def transport_of(client):
    (lane,) = client._requester.state.pipeline._transports._values.values()
    return lane


async def check_client_still_works(client):
    lane = transport_of(client)
    assert lane.slots.value == MAX_CONNECTIONS
    emails = []

    async def call(number):
        created = await client.customers.create(email=f"after-{number}@example.com")
        emails.append(created.email)

    async with anyio.create_task_group() as tasks:
        for number in range(CALLS_AFTERWARDS):
            tasks.start_soon(call, number)
    assert sorted(emails) == sorted(f"after-{number}@example.com" for number in range(CALLS_AFTERWARDS))
    assert lane.slots.value == MAX_CONNECTIONS
    assert len(getattr(lane.transport, "_idle", ())) <= MAX_CONNECTIONS


@pytest.mark.load
@pytest.mark.plain_and_tls
@pytest.mark.anyio
async def test_cancel_scopes_cancelled_at_random(sandbox):
    random_ = random.Random(1)
    ended = {"cancelled": 0, "finished": 0}
    async with AsyncDuro(**sandbox.options, max_connections=MAX_CONNECTIONS) as client:

        async def work(until):
            while time.monotonic() < until:
                with anyio.move_on_after(draw_delay(random_)) as scope:
                    if random_.random() < 0.5:
                        await client.customers.create(email="somebody@example.com")
                    else:
                        await client.plans.list().page()
                ended["cancelled" if scope.cancelled_caught else "finished"] += 1

        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(work, time.monotonic() + SECONDS)
        assert min(ended.values()) > 20, ended
        print(ended)
        await check_client_still_works(client)


@pytest.mark.load
@pytest.mark.plain_and_tls
@pytest.mark.asyncio
async def test_tasks_cancelled_at_random(sandbox):
    random_ = random.Random(2)
    ended = {"cancelled": 0, "finished": 0}
    async with AsyncDuro(**sandbox.options, max_connections=MAX_CONNECTIONS) as client:

        async def call():
            if random_.random() < 0.5:
                await client.customers.create(email="somebody@example.com")
            else:
                await client.plans.list().page()

        async def work(until):
            while time.monotonic() < until:
                task = asyncio.create_task(call())
                # Unlike a cancel scope, task.cancel() also interrupts code that anyio shields.
                asyncio.get_running_loop().call_later(draw_delay(random_), task.cancel)
                await asyncio.wait([task])
                ended["cancelled" if task.cancelled() else "finished"] += 1
                if not task.cancelled():
                    task.result()

        await asyncio.gather(*(work(time.monotonic() + SECONDS) for _ in range(TASKS)))
        assert min(ended.values()) > 20, ended
        print(ended)
        await check_client_still_works(client)


@pytest.mark.asyncio
async def test_a_task_cancelled_while_it_closes_a_response_costs_only_its_connection(raw_server, monkeypatch, request):
    if request.config.getoption("--transport") != "httpx":
        pytest.skip("a test of connections over httpcore")
    loop = asyncio.get_running_loop()
    close = httpcore.Response.aclose
    async with AsyncDuro("sk_test_1", base_url=raw_server.url, max_connections=2) as client:
        cancelled = []
        for steps in range(8):
            task = loop.create_task(client.request("GET", "/v1/anything"))

            def cancel_after(left, task=task):
                if left:
                    loop.call_soon(cancel_after, left - 1, task)
                else:
                    task.cancel()

            async def aclose(response, steps=steps, cancel_after=cancel_after):
                cancel_after(steps)
                await close(response)

            with monkeypatch.context() as patch:
                patch.setattr(httpcore.Response, "aclose", aclose)
                await asyncio.wait([task])
            cancelled.append(task.cancelled())
            assert len(transport_of(client).transport._idle) <= 1
            assert transport_of(client).slots.value == 2
        assert cancelled[0]
        assert not cancelled[-1]
        assert len(transport_of(client).transport._idle) == 1
