"""Cancellation of asyncio tasks, which ignores anyio shields."""

from __future__ import annotations

import asyncio

import pytest

from duro.auth.cache import TokenCache

CALLERS = 200


def exchange_tasks() -> list[asyncio.Task]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "duro-token-exchange"]


@pytest.mark.asyncio
class TestTasks:
    """``task.cancel()`` and ``asyncio.timeout``, which ignore anyio shields."""

    async def test_exchange_survives_a_leader_cancelled_as_a_task(self, cache, exchange, wait_until_blocked):
        exchange.block()
        tasks = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        await wait_until_blocked()
        tasks[0].cancel()
        await wait_until_blocked()
        exchange.unblock()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)

        assert isinstance(first, asyncio.CancelledError)
        assert {token.access_token for token in others} == {"token-1"}
        assert exchange.calls == 1

    async def test_cancelled_leaders_do_not_add_exchanges(self, cache, exchange, wait_until_blocked):
        exchange.block()
        tasks = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        for task in tasks[:-1]:
            await wait_until_blocked()
            task.cancel()
        exchange.unblock()

        assert (await tasks[-1]).access_token == "token-1"
        assert exchange.calls == 1

    async def test_asyncio_timeouts_shorter_than_the_exchange_do_not_livelock(self, cache, exchange):
        exchange.block()

        async def call_with_timeout():
            async with asyncio.timeout(0.001):
                await cache.get()

        for _ in range(3):
            outcomes = await asyncio.gather(*(call_with_timeout() for _ in range(20)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {TimeoutError}
        exchange.unblock()

        assert (await cache.get()).access_token == "token-1"
        assert exchange.calls == 1

    async def test_wait_for_ends_at_its_timeout(self, cache, exchange, wait_until_blocked):
        exchange.block()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.get(), 0.001)
        exchange.unblock()
        await wait_until_blocked()

        assert exchange.calls == 1

    async def test_task_cancelled_when_the_token_arrives_does_not_send(self, cache, exchange, wait_until_blocked):
        exchange.block()
        sent = []

        async def call():
            await cache.get()
            sent.append(True)

        task = asyncio.create_task(call())
        await wait_until_blocked()
        exchange.unblock()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert not sent

    async def test_cancelled_attempt_is_replaced_and_blocks_no_waiter(self, cache, exchange, wait_until_blocked):
        exchange.block()
        waiters = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        await wait_until_blocked()
        (attempt,) = exchange_tasks()
        attempt.cancel()
        await wait_until_blocked()
        exchange.unblock()
        tokens = await asyncio.gather(*waiters)

        assert {token.access_token for token in tokens} == {"token-2"}
        assert exchange.calls == 2

    async def test_attempt_cancelled_before_its_first_step_blocks_no_waiter(self, cache, exchange, wait_until_blocked):
        """A task that is cancelled this early does not even run its ``finally``."""
        waiters = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        while not exchange_tasks():
            await asyncio.sleep(0)
        (attempt,) = exchange_tasks()
        assert exchange.calls == 0
        attempt.cancel()

        async with asyncio.timeout(20):
            tokens = await asyncio.gather(*waiters)
        assert {token.access_token for token in tokens} == {"token-1"}
        assert exchange.calls == 1

    async def test_refresh_cancelled_before_its_first_step_is_restarted_by_the_next_call(self, cache, exchange, clock):
        old = await cache.get()
        clock.advance(old.soft_limit)
        await cache.get()
        (attempt,) = exchange_tasks()
        attempt.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        assert await cache.get() is old
        (attempt,) = exchange_tasks()
        await attempt
        assert (await cache.get()).access_token == "token-2"
        assert exchange.calls == 2

    async def test_cache_works_after_all_tasks_were_cancelled(self, cache, exchange, wait_until_blocked):
        exchange.block()
        waiters = [asyncio.create_task(cache.get()) for _ in range(50)]
        await wait_until_blocked()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        outcomes = await asyncio.gather(*waiters, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}

        exchange.unblock()
        assert (await cache.get()).access_token == "token-2"

    async def test_cancelled_tasks_leave_no_attempt_running(self, cache, exchange, wait_until_blocked):
        exchange.block()
        task = asyncio.create_task(cache.get())
        await wait_until_blocked()
        task.cancel()
        exchange.unblock()
        await wait_until_blocked()

        assert exchange_tasks() == []


@pytest.mark.asyncio
class TestTasksAtAServer:
    async def test_leader_cancelled_as_a_task_does_not_add_a_post(self, client, server, call_api, wait_until_blocked):
        server.block()
        async with client:
            leader = asyncio.create_task(call_api())
            await server.arrived(1)
            others = [asyncio.create_task(call_api()) for _ in range(CALLERS)]
            await wait_until_blocked()
            leader.cancel()
            await wait_until_blocked()
            server.unblock()
            await asyncio.gather(*others)

        assert leader.cancelled()
        assert server.posts == 1

    async def test_many_cancelled_leaders_do_not_add_a_post(self, client, server, call_api, wait_until_blocked):
        server.block()
        async with client:
            tasks = [asyncio.create_task(call_api()) for _ in range(50)]
            await server.arrived(1)
            for task in tasks[:-1]:
                await wait_until_blocked()
                task.cancel()
            server.unblock()
            await tasks[-1]

        assert server.posts == 1

    async def test_asyncio_timeout_shorter_than_the_exchange(self, client, server, call_api):
        server.block()

        async def call_with_timeout():
            async with asyncio.timeout(0.01):
                await call_api()

        async with client:
            for _ in range(3):
                outcomes = await asyncio.gather(*(call_with_timeout() for _ in range(50)), return_exceptions=True)
                assert {type(outcome) for outcome in outcomes} == {TimeoutError}
            await server.arrived(1)
            server.unblock()
            await asyncio.gather(*(call_api() for _ in range(50)))

        assert server.posts == 1


def test_loop_that_ends_during_an_exchange_ends_the_exchange(clock, exchange):
    """The next loop starts a new exchange, and no task stays pending."""
    cache = TokenCache(exchange, clock.as_clock)

    async def time_out():
        exchange.block()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.get(), 0.001)
        assert len(exchange_tasks()) == 1

    async def get_token():
        return await cache.get()

    asyncio.run(time_out())
    exchange.unblock()
    assert asyncio.run(get_token()).access_token == "token-2"
