"""Cancellation at random moments: connections and slots are not lost, on every transport and event loop."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager

import anyio
import httpcore
import httpcore2
import pytest

from duro import AsyncDuro
from tests.support.transports import CLIENTS, open_transport

pytestmark = pytest.mark.timeout(120)

TASKS = 150
MAX_CONNECTIONS = 10
SECONDS = 5
# Calls that are cancelled, and calls that are not. On a busy machine, a storm lasts until there are as many.
MIN_CALLS = 20
CALLS_AFTERWARDS = 100


# A cancellation during a TLS handshake is the hardest one, so only the default transport also runs in clear text.
STORMS = [
    pytest.param(security, transport, loop, id=f"{security}-{transport}-{loop}", marks=pytest.mark.load)
    for transport, loop in CLIENTS
    for security in ("plain", "tls")
    if loop != "blocking" and (security == "tls" or transport == "default")
]


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


@asynccontextmanager
async def open_client(sandbox, transport):
    """Yield a client with few slots over a transport."""
    options = {name: value for name, value in sandbox.options.items() if name != "ssl_context"}
    async with (
        open_transport(transport, "asynchronous", sandbox.ssl_context) as transport_options,
        AsyncDuro(**options, **transport_options, max_connections=MAX_CONNECTIONS) as client,
    ):
        yield client


@pytest.mark.parametrize(("security", "transport", "anyio_backend"), STORMS, indirect=["security"], scope="module")
@pytest.mark.anyio
async def test_cancel_scopes_cancelled_at_random(transport, sandbox, anyio_backend):
    random_ = random.Random(1)
    ended = {"cancelled": 0, "finished": 0}
    async with open_client(sandbox, transport) as client:

        async def work(until):
            while time.monotonic() < until or min(ended.values()) < MIN_CALLS:
                with anyio.move_on_after(draw_delay(random_)) as scope:
                    if random_.random() < 0.5:
                        await client.customers.create(email="somebody@example.com")
                    else:
                        await client.plans.list().page()
                ended["cancelled" if scope.cancelled_caught else "finished"] += 1

        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(work, time.monotonic() + SECONDS)
        print(ended)
        await check_client_still_works(client)


@pytest.mark.parametrize(
    ("security", "transport", "loop"),
    [storm for storm in STORMS if storm.values[2] == "asyncio"],
    indirect=["security"],
    scope="module",
)
@pytest.mark.asyncio
async def test_tasks_cancelled_at_random(transport, loop, sandbox):
    random_ = random.Random(2)
    ended = {"cancelled": 0, "finished": 0}
    async with open_client(sandbox, transport) as client:

        async def call():
            if random_.random() < 0.5:
                await client.customers.create(email="somebody@example.com")
            else:
                await client.plans.list().page()

        async def work(until):
            while time.monotonic() < until or min(ended.values()) < MIN_CALLS:
                task = asyncio.create_task(call())
                # Unlike a cancel scope, task.cancel() also interrupts code that anyio shields.
                asyncio.get_running_loop().call_later(draw_delay(random_), task.cancel)
                await asyncio.wait([task])
                ended["cancelled" if task.cancelled() else "finished"] += 1
                if not task.cancelled():
                    task.result()

        await asyncio.gather(*(work(time.monotonic() + SECONDS) for _ in range(TASKS)))
        print(ended)
        await check_client_still_works(client)


@pytest.mark.asyncio
@pytest.mark.parametrize(("transport", "library"), [("httpx", httpcore), ("httpx2", httpcore2)])
async def test_a_task_cancelled_while_it_closes_a_response_costs_only_its_connection(
    transport, library, raw_server, monkeypatch
):
    loop = asyncio.get_running_loop()
    close = library.Response.aclose
    # Connections through a proxy are those of the library.
    options = {"base_url": raw_server.url, "proxy": raw_server.url, "transport": transport}
    async with AsyncDuro("sk_test_1", **options, max_connections=2) as client:
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
                patch.setattr(library.Response, "aclose", aclose)
                await asyncio.wait([task])
            cancelled.append(task.cancelled())
            assert len(transport_of(client).transport._idle) <= 1
            assert transport_of(client).slots.value == 2
        assert cancelled[0]
        assert not cancelled[-1]
        assert len(transport_of(client).transport._idle) == 1
