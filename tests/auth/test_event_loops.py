"""Several event loops, in turn and at once: connections and locks belong to one, the token to all."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from duro import AsyncDuro, TokenExchangeError
from duro.auth.cache import TokenCache
from duro.auth.token import Moment, Token

BACKENDS = ["asyncio", "trio"]


def run_in_threads(*works, backends=("asyncio", "asyncio")):
    with ThreadPoolExecutor(len(works)) as pool:
        runs = [pool.submit(anyio.run, work, backend=backend) for work, backend in zip(works, backends, strict=True)]
        return [run.result(30) for run in runs]


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_loops_in_turn_share_the_token(cache, exchange, backend):
    tokens = [anyio.run(cache.get, backend=backend) for _ in range(3)]

    assert tokens[0] is tokens[1] is tokens[2]
    assert exchange.asked == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_loops_in_turn_can_each_exchange(cache, exchange, clock, backend):
    for number in (1, 2, 3):
        token = anyio.run(cache.get, backend=backend)
        assert token.access_token == f"token-{number}"
        clock.advance(token.hard_limit)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_failure_is_remembered_from_loop_to_loop(cache, exchange, backend):
    exchange.always = TokenExchangeError("refused", status=401)
    for _ in range(3):
        with pytest.raises(TokenExchangeError):
            anyio.run(cache.get, backend=backend)

    assert exchange.asked == 1


def test_asyncio_and_trio_share_the_token(cache, exchange):
    tokens = [anyio.run(cache.get, backend=backend) for backend in ("asyncio", "trio", "asyncio")]

    assert len(set(map(id, tokens))) == 1
    assert exchange.asked == 1


def test_finished_loops_are_not_held(cache, clock):
    for _ in range(5):
        token = anyio.run(cache.get)
        clock.advance(token.hard_limit)

    assert len(cache._lines._values) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_client_over_three_runs_in_turn_sends_one_post(server, backend):
    client = AsyncDuro(**server.options)

    async def work(last: bool) -> None:
        await client.request("GET", "/v1/plans")
        await client.request("GET", "/v1/plans")
        # What belongs to a loop is closed by that loop, or not at all; here, so that nothing is left to warn of.
        await client._requester.state.authorizers.aclose()
        lane = client._requester.state.pipeline._lanes.pop()
        await lane.transport.aclose()
        if last:
            await client.aclose()

    for last in (False, False, True):
        anyio.run(work, last, backend=backend)

    assert server.posts == 1
    assert len(set(server.credentials)) == 1
    assert server.calls == 6


def run_three_times(server) -> None:
    client = AsyncDuro(**server.options)

    async def work() -> None:
        await asyncio.gather(*(client.request("GET", "/v1/plans") for _ in range(20)))

    for _ in range(3):
        asyncio.run(work())
    asyncio.run(client.aclose())


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_client_over_three_asyncio_runs_without_closing(server):
    """The connections of a finished loop are dropped, never closed from another; Python itself warns of them."""
    run_three_times(server)
    gc.collect()

    assert server.posts == 1
    assert server.calls == 60


@pytest.mark.parametrize("backends", [("asyncio", "asyncio"), ("trio", "trio"), ("asyncio", "trio")], ids="-".join)
def test_two_live_loops_share_the_token(server, backends):
    """One exchanges; while its loop lives, the other loop takes the token that is there."""
    client = AsyncDuro(**server.options, max_connections=200)
    exchanged, finished = threading.Event(), threading.Event()

    async def first() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(client.request, "GET", "/v1/plans")
        exchanged.set()
        await anyio.to_thread.run_sync(finished.wait, 30)
        await close_here(client)

    async def second() -> None:
        await anyio.to_thread.run_sync(exchanged.wait, 30)
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(client.request, "GET", "/v1/plans")
        finished.set()
        await close_here(client)

    run_in_threads(first, second, backends=backends)
    assert server.posts == 1
    assert server.calls == 200
    assert len(set(server.credentials)) == 1


async def close_here(client: AsyncDuro) -> None:
    lane = client._requester.state.pipeline._lanes.pop()
    await lane.transport.aclose()
    await client._requester.state.authorizers.aclose()


def test_two_loops_cold_at_the_same_time_exchange_at_most_once_each(server):
    client = AsyncDuro(**server.options, max_connections=200)
    server.hold()
    both = threading.Barrier(2, action=server.release, timeout=30)

    async def work() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(client.request, "GET", "/v1/plans")
            await server.arrived(2)
            await anyio.to_thread.run_sync(both.wait)
        await close_here(client)

    run_in_threads(work, work)
    assert server.posts == 2
    assert server.calls == 200


def test_a_loop_whose_exchange_fails_uses_the_token_that_another_loop_got_meanwhile(clock):
    """A token that can be used beats an error, also the error that one waited for."""
    waiting, granted = threading.Event(), threading.Event()
    asked = []

    async def exchange():
        asked.append(threading.current_thread())
        if len(asked) == 1:
            waiting.set()
            await anyio.to_thread.run_sync(granted.wait, 30)
            raise TokenExchangeError("refused", status=503)
        return await good()

    async def good():
        return Token.granted("good", expires_in=3600.0, asked_at=Moment.now(clock.given), clock=clock.given)

    cache = TokenCache(exchange, clock.given)

    async def first():
        tokens = []

        async def one():
            tokens.append(await cache.get())

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
        return tokens

    async def second():
        await anyio.to_thread.run_sync(waiting.wait, 30)
        token = await cache.get()
        granted.set()
        return token

    tokens, token = run_in_threads(first, second)
    assert tokens == [token] * 5
    assert len(asked) == 2


@pytest.mark.anyio
async def test_whose_turn_comes_looks_again_for_a_token_of_another_loop(cache, exchange, settle):
    """The exchange of this loop still hangs when the caller that led it goes away."""
    exchange.hold()
    leader = anyio.CancelScope()
    got = []

    async def lead():
        with leader:
            await cache.get()

    async def follow():
        got.append(await cache.get())

    async with anyio.create_task_group() as group:
        group.start_soon(lead)
        await settle()
        group.start_soon(follow)
        await settle()
        exchange.let_pass()
        other = await anyio.to_thread.run_sync(anyio.run, cache.get)
        leader.cancel()
        await settle()
        assert got == [other]
        exchange.release()

    assert exchange.asked == 2
