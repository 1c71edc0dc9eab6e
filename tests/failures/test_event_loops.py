"""One client over several event loops, in turn and at once."""

from __future__ import annotations

import asyncio
import gc
import threading

import anyio
import pytest

from duro import AsyncDuro, ClientClosedError

# A loop that is finished cannot close what it opened, and another loop must not touch it: the connections go with
# the loop, and Python says so when it collects them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def collected_here():
    """What a loop left behind is collected under this file's filters, not in the middle of another test."""
    yield
    gc.collect()


async def call(client, name):
    made = await client.customers.create(email=f"{name}@example.com")
    found = await client.customers.retrieve(made.id)
    assert made.email == found.email == f"{name}@example.com"
    return found.email


def entries(client):
    core = client._requester.core
    oauth = core.authorizers
    lines = [authorizer.cache._lines for authorizer in oauth._oauth.values()]
    return [len(each._values) for each in (core.pipeline._transports, oauth._transports, *lines)]


def test_three_loops_in_turn(sandbox):
    client = AsyncDuro(**sandbox.options)
    for turn in range(3):
        assert asyncio.run(call(client, turn)) == f"{turn}@example.com"
    assert sandbox.stats.token_exchanges == 1
    asyncio.run(client.aclose())


def test_finished_loops_leave_nothing_behind(sandbox):
    client = AsyncDuro(**sandbox.options)

    async def work():
        await call(client, "somebody")
        sandbox.revoke_tokens()
        await call(client, "somebody-else")

    for _ in range(10):
        asyncio.run(work())
        assert max(entries(client)) == 1
    asyncio.run(client.aclose())


def test_two_live_loops_in_two_threads(sandbox):
    client = AsyncDuro(**sandbox.options)
    answers = {}
    together = threading.Barrier(2, timeout=30)

    async def work(name):
        for turn in range(20):
            # Both loops are alive and in use, the whole time.
            together.wait()
            answers[name, turn] = await call(client, f"{name}-{turn}")

    def thread(name):
        asyncio.run(work(name))

    threads = [threading.Thread(target=thread, args=(name,)) for name in ("one", "two")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert answers == {(name, turn): f"{name}-{turn}@example.com" for name in ("one", "two") for turn in range(20)}
    assert sandbox.stats.token_exchanges <= 2
    asyncio.run(client.aclose())


def test_trio_after_asyncio_and_asyncio_after_trio(sandbox):
    client = AsyncDuro(**sandbox.options)
    for turn, backend in enumerate(["asyncio", "trio", "asyncio", "trio"]):
        assert anyio.run(call, client, turn, backend=backend) == f"{turn}@example.com"
        assert max(entries(client)) == 1
    assert sandbox.stats.token_exchanges == 1
    asyncio.run(client.aclose())


def test_trio_beside_asyncio(sandbox):
    client = AsyncDuro(**sandbox.options)
    together = threading.Barrier(2, timeout=30)
    answers = []

    async def work(name):
        for turn in range(10):
            together.wait()
            answers.append(await call(client, f"{name}-{turn}"))

    other = threading.Thread(target=lambda: anyio.run(work, "trio", backend="trio"))
    other.start()
    anyio.run(work, "asyncio", backend="asyncio")
    other.join(30)
    asyncio.run(client.aclose())
    assert sorted(answers) == sorted(f"{name}-{turn}@example.com" for name in ("asyncio", "trio") for turn in range(10))


def test_a_client_closed_on_one_loop_is_closed_on_all(sandbox):
    client = AsyncDuro(**sandbox.options)
    asyncio.run(call(client, "first"))
    asyncio.run(client.aclose())
    with pytest.raises(ClientClosedError):
        asyncio.run(call(client, "second"))
