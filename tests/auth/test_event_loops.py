"""Consecutive and concurrent event loops: each has its own connections and locks, and all share the token."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from duro import AsyncDuro, TokenExchangeError
from duro.auth.cache import TokenCache
from duro.auth.token import ClockReading, Token

BACKENDS = ["asyncio", "trio"]


def run_in_threads(*works, backends=("asyncio", "asyncio")):
    with ThreadPoolExecutor(len(works)) as pool:
        runs = [pool.submit(anyio.run, work, backend=backend) for work, backend in zip(works, backends, strict=True)]
        return [run.result(30) for run in runs]


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_consecutive_loops_share_the_token(cache, exchange, backend):
    tokens = [anyio.run(cache.get, backend=backend) for _ in range(3)]

    assert tokens[0] is tokens[1] is tokens[2]
    assert exchange.calls == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_consecutive_loops_can_each_exchange(cache, exchange, clock, backend):
    for number in (1, 2, 3):
        token = anyio.run(cache.get, backend=backend)
        assert token.access_token == f"token-{number}"
        clock.advance(token.hard_limit)


@pytest.mark.parametrize("backend", BACKENDS)
def test_failure_is_cached_across_loops(cache, exchange, backend):
    exchange.always = TokenExchangeError("rejected", status=401)
    for _ in range(3):
        with pytest.raises(TokenExchangeError):
            anyio.run(cache.get, backend=backend)

    assert exchange.calls == 1


def test_asyncio_and_trio_share_the_token(cache, exchange):
    tokens = [anyio.run(cache.get, backend=backend) for backend in ("asyncio", "trio", "asyncio")]

    assert len(set(map(id, tokens))) == 1
    assert exchange.calls == 1


def test_finished_loops_are_released(cache, clock):
    for _ in range(5):
        token = anyio.run(cache.get)
        clock.advance(token.hard_limit)

    assert len(cache._loop_states._values) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_client_in_three_consecutive_runs_sends_one_post(server, backend):
    client = AsyncDuro(**server.options)

    async def work(last: bool) -> None:
        await client.request("GET", "/v1/plans")
        await client.request("GET", "/v1/plans")
        # Only its own loop may close a connection. Closed here, so that no ResourceWarning follows.
        await client._requester.state.authorizers.aclose()
        transport = client._requester.state.pipeline._transports.pop()
        await transport.aclose()
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
def test_client_in_three_asyncio_runs_without_closing(server):
    """The connections of a finished loop are dropped and not closed. Python warns of them."""
    run_three_times(server)
    gc.collect()

    assert server.posts == 1
    assert server.calls == 60


@pytest.mark.parametrize("backends", [("asyncio", "asyncio"), ("trio", "trio"), ("asyncio", "trio")], ids="-".join)
def test_two_live_loops_share_the_token(server, backends):
    """The first loop exchanges. While it runs, the second loop uses the cached token."""
    client = AsyncDuro(**server.options, max_connections=200)
    exchanged, finished = threading.Event(), threading.Event()

    async def first() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(client.request, "GET", "/v1/plans")
        exchanged.set()
        await anyio.to_thread.run_sync(finished.wait, 30)
        await close_connections(client)

    async def second() -> None:
        await anyio.to_thread.run_sync(exchanged.wait, 30)
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(client.request, "GET", "/v1/plans")
        finished.set()
        await close_connections(client)

    run_in_threads(first, second, backends=backends)
    assert server.posts == 1
    assert server.calls == 200
    assert len(set(server.credentials)) == 1


async def close_connections(client: AsyncDuro) -> None:
    transport = client._requester.state.pipeline._transports.pop()
    await transport.aclose()
    await client._requester.state.authorizers.aclose()


def test_two_loops_without_a_token_exchange_at_most_once_each(server):
    client = AsyncDuro(**server.options, max_connections=200)
    server.block()
    both = threading.Barrier(2, action=server.unblock, timeout=30)

    async def work() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(client.request, "GET", "/v1/plans")
            await server.arrived(2)
            await anyio.to_thread.run_sync(both.wait)
        await close_connections(client)

    run_in_threads(work, work)
    assert server.posts == 2
    assert server.calls == 200


def test_loop_with_a_failed_exchange_uses_the_token_of_another_loop(clock):
    """A usable token takes precedence over the error of the attempt that a call waited for."""
    waiting, granted = threading.Event(), threading.Event()
    exchanges = []

    async def exchange():
        exchanges.append(threading.current_thread())
        if len(exchanges) == 1:
            waiting.set()
            await anyio.to_thread.run_sync(granted.wait, 30)
            raise TokenExchangeError("rejected", status=503)
        return await grant()

    async def grant():
        return Token.from_grant(
            "good", expires_in=3600.0, requested_at=ClockReading.read(clock.as_clock), clock=clock.as_clock
        )

    cache = TokenCache(exchange, clock.as_clock)

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
    assert len(exchanges) == 2


@pytest.mark.anyio
async def test_waiter_checks_for_a_token_of_another_loop(cache, exchange, wait_until_blocked):
    """The exchange of this loop is still blocked when the call that started it is cancelled."""
    exchange.block()
    leader = anyio.CancelScope()
    got = []

    async def lead():
        with leader:
            await cache.get()

    async def follow():
        got.append(await cache.get())

    async with anyio.create_task_group() as group:
        group.start_soon(lead)
        await wait_until_blocked()
        group.start_soon(follow)
        await wait_until_blocked()
        exchange.unblock_waiting()
        other = await anyio.to_thread.run_sync(anyio.run, cache.get)
        leader.cancel()
        await wait_until_blocked()
        assert got == [other]
        exchange.unblock()

    assert exchange.calls == 2
