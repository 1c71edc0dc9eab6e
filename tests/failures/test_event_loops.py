"""One client in several event loops, one after the other and at the same time."""

from __future__ import annotations

import asyncio
import gc
import threading

import anyio
import pytest

from duro import AsyncDuro, ClientClosedError

# A loop that has ended cannot close its connections, and another loop must not use them. They are dropped with the
# loop, and Python warns when it collects them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def collect_garbage():
    """Collect the connections of ended loops here, where their warnings are ignored."""
    yield
    gc.collect()


async def call(client, name):
    created = await client.customers.create(email=f"{name}@example.com")
    found = await client.customers.retrieve(created.id)
    assert created.email == found.email == f"{name}@example.com"
    return found.email


def count_loop_values(client):
    core = client._requester.state
    oauth = core.authorizers
    lines = [authorizer.cache._loop_states for authorizer in oauth._recent.values()]
    return [len(each._values) for each in (core.pipeline._transports, oauth._transports, *lines)]


def test_three_loops_one_after_the_other(sandbox):
    client = AsyncDuro(**sandbox.options)
    for turn in range(3):
        assert asyncio.run(call(client, turn)) == f"{turn}@example.com"
    assert sandbox.stats.token_exchanges == 1
    asyncio.run(client.aclose())


def test_values_of_ended_loops_are_dropped(sandbox):
    client = AsyncDuro(**sandbox.options)

    async def work():
        await call(client, "somebody")
        sandbox.revoke_tokens()
        await call(client, "somebody-else")

    for _ in range(10):
        asyncio.run(work())
        assert max(count_loop_values(client)) == 1
    asyncio.run(client.aclose())


@pytest.mark.slow
def test_two_running_loops_in_two_threads(sandbox):
    client = AsyncDuro(**sandbox.options)
    emails = {}
    together = threading.Barrier(2, timeout=30)

    async def work(name):
        for turn in range(20):
            # Both loops run and make calls during the whole test.
            together.wait()
            emails[name, turn] = await call(client, f"{name}-{turn}")

    def thread(name):
        asyncio.run(work(name))

    threads = [threading.Thread(target=thread, args=(name,)) for name in ("one", "two")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert emails == {(name, turn): f"{name}-{turn}@example.com" for name in ("one", "two") for turn in range(20)}
    assert sandbox.stats.token_exchanges <= 2
    asyncio.run(client.aclose())


def test_trio_after_asyncio_and_asyncio_after_trio(sandbox):
    client = AsyncDuro(**sandbox.options)
    for turn, backend in enumerate(["asyncio", "trio", "asyncio", "trio"]):
        assert anyio.run(call, client, turn, backend=backend) == f"{turn}@example.com"
        assert max(count_loop_values(client)) == 1
    assert sandbox.stats.token_exchanges == 1
    asyncio.run(client.aclose())


@pytest.mark.slow
def test_trio_and_asyncio_at_the_same_time(sandbox):
    client = AsyncDuro(**sandbox.options)
    together = threading.Barrier(2, timeout=30)
    emails = []

    async def work(name):
        for turn in range(10):
            together.wait()
            emails.append(await call(client, f"{name}-{turn}"))

    other = threading.Thread(target=lambda: anyio.run(work, "trio", backend="trio"))
    other.start()
    anyio.run(work, "asyncio", backend="asyncio")
    other.join(30)
    asyncio.run(client.aclose())
    assert sorted(emails) == sorted(f"{name}-{turn}@example.com" for name in ("asyncio", "trio") for turn in range(10))


def test_a_client_closed_on_one_loop_is_closed_on_all(sandbox):
    client = AsyncDuro(**sandbox.options)
    asyncio.run(call(client, "first"))
    asyncio.run(client.aclose())
    with pytest.raises(ClientClosedError):
        asyncio.run(call(client, "second"))
