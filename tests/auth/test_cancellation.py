"""Cancellation of leaders, waiters and attempts, and its effect on the exchange and on other calls."""

from __future__ import annotations

import asyncio
import random

import anyio
import pytest

from duro import DeadlineExceededError
from duro.auth.cache import TokenCache

CALLERS = 200


def exchange_tasks() -> list[asyncio.Task]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "duro-token-exchange"]


@pytest.mark.anyio
class TestScopes:
    async def test_exchange_survives_a_leader_cancelled_by_a_scope(
        self, cache, exchange, wait_until_blocked, run_concurrently
    ):
        exchange.block()
        leader = anyio.CancelScope()

        async def lead():
            with leader:
                await cache.get()

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            await wait_until_blocked()

            async def cancel_then_unblock():
                leader.cancel()
                await wait_until_blocked()
                exchange.unblock()

            outcomes = await run_concurrently(CALLERS, cache.get, during=cancel_then_unblock)

        assert leader.cancelled_caught
        assert {token.access_token for token in outcomes.results} == {"token-1"}
        assert exchange.calls == 1

    async def test_exchange_of_a_single_cancelled_call_is_used_by_the_next(self, cache, exchange, wait_until_blocked):
        exchange.block()
        with anyio.move_on_after(0):
            await cache.get()
        await wait_until_blocked()
        calls_before = exchange.calls
        exchange.unblock()
        await wait_until_blocked()

        await cache.get()
        assert exchange.calls <= max(calls_before, 1)

    async def test_deadlines_shorter_than_the_exchange_do_not_livelock(
        self, cache, exchange, wait_until_blocked, run_concurrently
    ):
        exchange.block()

        async def call_with_timeout():
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                await cache.get()

        for _ in range(5):
            scopes: list[anyio.CancelScope] = []

            async def cancel_all(scopes=scopes):
                for scope in scopes:
                    scope.cancel()

            await run_concurrently(20, call_with_timeout, during=cancel_all)
            assert all(scope.cancelled_caught for scope in scopes)

        exchange.unblock()
        assert (await cache.get()).access_token == "token-1"
        assert exchange.calls == 1

    async def test_each_waiter_can_be_cancelled_alone(self, cache, exchange, wait_until_blocked):
        exchange.block()
        scopes = [anyio.CancelScope() for _ in range(50)]
        got = []

        async def wait(scope):
            with scope:
                got.append(await cache.get())

        async with anyio.create_task_group() as group:
            for scope in scopes:
                group.start_soon(wait, scope)
            await wait_until_blocked()
            for scope in scopes[10:40]:
                scope.cancel()
            await wait_until_blocked()
            assert sum(scope.cancelled_caught for scope in scopes) == 30
            exchange.unblock()

        assert [token.access_token for token in got] == ["token-1"] * 20
        assert exchange.calls == 1

    async def test_call_cancelled_when_the_token_arrives_does_not_send(self, cache, exchange, wait_until_blocked):
        """The token has arrived, but the call must not send anything."""
        sent = []
        scope = anyio.CancelScope()

        async def call():
            with scope:
                await cache.get()
                sent.append(True)

        exchange.block()
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await wait_until_blocked()
            exchange.unblock()
            scope.cancel()
        await wait_until_blocked()

        assert not sent
        assert scope.cancelled_caught
        assert cache.cached_token() is not None

    async def test_call_cancelled_after_its_wakeup_does_not_send(self, cache, exchange, clock, wait_until_blocked):
        """A call that was woken is cancelled at its next await, which may be in the middle of a POST."""
        old = await cache.get()
        clock.advance(old.soft_limit)
        exchange.block()
        await cache.get()
        clock.advance(old.hard_limit)
        done = cache._loop_states.get().attempt.done
        scope = anyio.CancelScope()
        sent_after_cancel = []

        async def cancel_first():
            await done.wait()
            scope.cancel()

        async def call():
            with scope:
                await cache.get()
                sent_after_cancel.append(scope.cancel_called)

        async with anyio.create_task_group() as group:
            group.start_soon(cancel_first)
            await wait_until_blocked()
            group.start_soon(call)
            await wait_until_blocked()
            exchange.unblock()

        # Trio wakes tasks in any order, so the call may have been first.
        assert True not in sent_after_cancel

    async def test_background_refresh_survives_its_caller(self, cache, exchange, clock, wait_until_blocked):
        old = await cache.get()
        clock.advance(old.soft_limit)
        exchange.block()
        with anyio.CancelScope() as scope:
            await cache.get()
            scope.cancel()
        await wait_until_blocked()
        exchange.unblock()
        await wait_until_blocked()

        assert cache.cached_token().access_token == "token-2"
        assert exchange.calls == 2

    async def test_random_cancellation_blocks_no_waiter(self, cache, exchange, clock, wait_until_blocked):
        random_source = random.Random(7)
        for _ in range(20):
            exchange.block()
            scopes = [anyio.CancelScope() for _ in range(30)]
            got = []

            async def wait(scope, got=got):
                with scope:
                    got.append(await cache.get())

            async with anyio.create_task_group() as group:
                for scope in scopes:
                    group.start_soon(wait, scope)
                await wait_until_blocked()
                cancelled = random_source.sample(scopes, random_source.randint(0, 30))
                before, after = cancelled[::2], cancelled[1::2]
                for scope in before:
                    scope.cancel()
                exchange.unblock()
                for scope in after:
                    scope.cancel()

            assert len(got) + sum(scope.cancelled_caught for scope in scopes) == 30
            await wait_until_blocked()
            clock.advance(cache.cached_token().hard_limit)
        assert exchange.calls == 20


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


@pytest.mark.anyio
class TestAtAServer:
    """Cancellation with POSTs counted at a server."""

    async def test_leader_cancelled_by_a_scope_does_not_add_a_post(self, client, server, call_api):
        server.block()
        leader = anyio.CancelScope()

        async def lead():
            with leader:
                await call_api()

        async with client, anyio.create_task_group() as group:
            group.start_soon(lead)
            await server.arrived(1)

            async def cancel_then_unblock():
                leader.cancel()
                server.unblock()

            outcomes = await call_api.run_concurrently(CALLERS, during=cancel_then_unblock)

        assert leader.cancelled_caught
        assert len(outcomes.results) == CALLERS
        assert server.posts == 1

    async def test_timeouts_of_calls_shorter_than_the_exchange(self, client, server, call_api, run_concurrently):
        server.block()
        async with client:
            for _ in range(3):
                outcomes = await run_concurrently(50, lambda: call_api(timeout=0.01))
                assert {type(error) for error in outcomes.errors} == {DeadlineExceededError}
                assert len(outcomes.errors) == 50
            await server.arrived(1)
            server.unblock()
            outcomes = await call_api.run_concurrently(50)

        assert len(outcomes.results) == 50
        assert server.posts == 1
        assert server.calls == 50

    async def test_fail_after_shorter_than_the_exchange(self, client, server, call_api, run_concurrently):
        server.block()

        async def call_with_timeout():
            with anyio.fail_after(0.01):
                await call_api()

        async with client:
            for _ in range(3):
                outcomes = await run_concurrently(50, call_with_timeout)
                assert {type(error) for error in outcomes.errors} == {TimeoutError}
            await server.arrived(1)
            server.unblock()
            await call_api()

        assert server.posts == 1
        assert server.calls == 1

    async def test_token_of_a_timed_out_call_is_used_by_later_calls(self, client, server, call_api, wait_until_blocked):
        server.block()
        async with client:
            with pytest.raises(DeadlineExceededError):
                await client.token(timeout=0.01)
            await server.arrived(1)
            server.unblock()
            token = await client.token()
            await call_api()

        assert server.posts == 1
        assert server.credentials == [f"Bearer {token.access_token}"]

    async def test_client_closed_during_an_exchange_leaves_nothing_open(self, client, server, call_api):
        """With ``-W error``, a connection that is garbage-collected fails the test."""
        server.block()
        async with client:
            with pytest.raises(DeadlineExceededError):
                await call_api(timeout=0.01)
            await server.arrived(1)
        assert server.posts == 1
        assert server.calls == 0


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
