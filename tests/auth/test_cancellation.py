"""Cancelled leaders, cancelled waiters, killed attempts: what becomes of the exchange, and of the others."""

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
        self, cache, exchange, settle, together
    ):
        exchange.hold()
        leader = anyio.CancelScope()

        async def lead():
            with leader:
                await cache.get()

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            await settle()

            async def cancel_then_release():
                leader.cancel()
                await settle()
                exchange.release()

            crowd = await together(CALLERS, cache.get, meanwhile=cancel_then_release)

        assert leader.cancelled_caught
        assert {token.access_token for token in crowd.results} == {"token-1"}
        assert exchange.asked == 1

    async def test_exchange_of_a_single_cancelled_call_is_used_by_the_next(self, cache, exchange, settle):
        exchange.hold()
        with anyio.move_on_after(0):
            await cache.get()
        await settle()
        asked = exchange.asked
        exchange.release()
        await settle()

        await cache.get()
        assert exchange.asked <= max(asked, 1)

    async def test_deadlines_shorter_than_the_exchange_do_not_livelock(self, cache, exchange, settle, together):
        exchange.hold()

        async def impatient():
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                await cache.get()

        for _ in range(5):
            scopes: list[anyio.CancelScope] = []

            async def time_is_up(scopes=scopes):
                for scope in scopes:
                    scope.cancel()

            await together(20, impatient, meanwhile=time_is_up)
            assert all(scope.cancelled_caught for scope in scopes)

        exchange.release()
        assert (await cache.get()).access_token == "token-1"
        assert exchange.asked == 1

    async def test_each_waiter_can_be_cancelled_alone(self, cache, exchange, settle):
        exchange.hold()
        scopes = [anyio.CancelScope() for _ in range(50)]
        got = []

        async def wait(scope):
            with scope:
                got.append(await cache.get())

        async with anyio.create_task_group() as group:
            for scope in scopes:
                group.start_soon(wait, scope)
            await settle()
            for scope in scopes[10:40]:
                scope.cancel()
            await settle()
            assert sum(scope.cancelled_caught for scope in scopes) == 30
            exchange.release()

        assert [token.access_token for token in got] == ["token-1"] * 20
        assert exchange.asked == 1

    async def test_call_cancelled_when_the_token_arrives_does_not_send(self, cache, exchange, settle):
        """The answer is there, but nothing may be sent any more."""
        sent = []
        scope = anyio.CancelScope()

        async def call():
            with scope:
                await cache.get()
                sent.append(True)

        exchange.hold()
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await settle()
            exchange.release()
            scope.cancel()
        await settle()

        assert not sent
        assert scope.cancelled_caught
        assert cache.cached_token() is not None

    async def test_call_cancelled_after_its_wakeup_does_not_send(
        self, cache, exchange, clock, settle
    ):
        """Who was woken already is cancelled only where it waits again, which may be in the midst of a POST."""
        old = await cache.get()
        clock.advance(old.soft_limit)
        exchange.hold()
        await cache.get()
        clock.advance(old.hard_limit)
        done = cache._loop_states.get().attempt.done
        scope = anyio.CancelScope()
        sent_although_cancelled = []

        async def cancel_first():
            await done.wait()
            scope.cancel()

        async def call():
            with scope:
                await cache.get()
                sent_although_cancelled.append(scope.cancel_called)

        async with anyio.create_task_group() as group:
            group.start_soon(cancel_first)
            await settle()
            group.start_soon(call)
            await settle()
            exchange.release()

        # Trio wakes in any order, and so the call may have been the first.
        assert True not in sent_although_cancelled

    async def test_background_refresh_survives_its_caller(self, cache, exchange, clock, settle):
        old = await cache.get()
        clock.advance(old.soft_limit)
        exchange.hold()
        with anyio.CancelScope() as scope:
            await cache.get()
            scope.cancel()
        await settle()
        exchange.release()
        await settle()

        assert cache.cached_token().access_token == "token-2"
        assert exchange.asked == 2

    async def test_random_cancellation_blocks_no_waiter(self, cache, exchange, clock, settle):
        chance = random.Random(7)
        for _ in range(20):
            exchange.hold()
            scopes = [anyio.CancelScope() for _ in range(30)]
            got = []

            async def wait(scope, got=got):
                with scope:
                    got.append(await cache.get())

            async with anyio.create_task_group() as group:
                for scope in scopes:
                    group.start_soon(wait, scope)
                await settle()
                doomed = chance.sample(scopes, chance.randint(0, 30))
                before, after = doomed[::2], doomed[1::2]
                for scope in before:
                    scope.cancel()
                exchange.release()
                for scope in after:
                    scope.cancel()

            assert len(got) + sum(scope.cancelled_caught for scope in scopes) == 30
            await settle()
            clock.advance(cache.cached_token().hard_limit)
        assert exchange.asked == 20


@pytest.mark.asyncio
class TestTasks:
    """What only asyncio has: ``task.cancel()`` and ``asyncio.timeout`` go past every anyio shield."""

    async def test_exchange_survives_a_leader_cancelled_as_a_task(self, cache, exchange, settle):
        exchange.hold()
        tasks = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        await settle()
        tasks[0].cancel()
        await settle()
        exchange.release()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)

        assert isinstance(first, asyncio.CancelledError)
        assert {token.access_token for token in others} == {"token-1"}
        assert exchange.asked == 1

    async def test_cancelled_leaders_do_not_add_exchanges(self, cache, exchange, settle):
        exchange.hold()
        tasks = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        for task in tasks[:-1]:
            await settle()
            task.cancel()
        exchange.release()

        assert (await tasks[-1]).access_token == "token-1"
        assert exchange.asked == 1

    async def test_asyncio_timeouts_shorter_than_the_exchange_do_not_livelock(self, cache, exchange):
        exchange.hold()

        async def impatient():
            async with asyncio.timeout(0.001):
                await cache.get()

        for _ in range(3):
            outcomes = await asyncio.gather(*(impatient() for _ in range(20)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {TimeoutError}
        exchange.release()

        assert (await cache.get()).access_token == "token-1"
        assert exchange.asked == 1

    async def test_wait_for_ends_at_its_timeout(self, cache, exchange, settle):
        exchange.hold()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.get(), 0.001)
        exchange.release()
        await settle()

        assert exchange.asked == 1

    async def test_task_cancelled_when_the_token_arrives_does_not_send(self, cache, exchange, settle):
        exchange.hold()
        sent = []

        async def call():
            await cache.get()
            sent.append(True)

        task = asyncio.create_task(call())
        await settle()
        exchange.release()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert not sent

    async def test_cancelled_attempt_is_replaced_and_blocks_no_waiter(self, cache, exchange, settle):
        exchange.hold()
        waiters = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        await settle()
        (attempt,) = exchange_tasks()
        attempt.cancel()
        await settle()
        exchange.release()
        tokens = await asyncio.gather(*waiters)

        assert {token.access_token for token in tokens} == {"token-2"}
        assert exchange.asked == 2

    async def test_attempt_cancelled_before_its_first_step_blocks_no_waiter(self, cache, exchange, settle):
        """A task cancelled this early runs not even its ``finally``."""
        waiters = [asyncio.create_task(cache.get()) for _ in range(CALLERS)]
        while not exchange_tasks():
            await asyncio.sleep(0)
        (attempt,) = exchange_tasks()
        assert exchange.asked == 0
        attempt.cancel()

        async with asyncio.timeout(20):
            tokens = await asyncio.gather(*waiters)
        assert {token.access_token for token in tokens} == {"token-1"}
        assert exchange.asked == 1

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
        assert exchange.asked == 2

    async def test_cache_works_after_all_tasks_were_cancelled(self, cache, exchange, settle):
        exchange.hold()
        waiters = [asyncio.create_task(cache.get()) for _ in range(50)]
        await settle()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        outcomes = await asyncio.gather(*waiters, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}

        exchange.release()
        assert (await cache.get()).access_token == "token-2"

    async def test_cancelled_tasks_leave_no_attempt_running(self, cache, exchange, settle):
        exchange.hold()
        task = asyncio.create_task(cache.get())
        await settle()
        task.cancel()
        exchange.release()
        await settle()

        assert exchange_tasks() == []


@pytest.mark.anyio
class TestAtAServer:
    """The same, counted where the POSTs arrive."""

    async def test_leader_cancelled_by_a_scope_does_not_add_a_post(self, client, server, ask):
        server.hold()
        leader = anyio.CancelScope()

        async def lead():
            with leader:
                await ask()

        async with client, anyio.create_task_group() as group:
            group.start_soon(lead)
            await server.arrived(1)

            async def cancel_then_release():
                leader.cancel()
                server.release()

            crowd = await ask.together(CALLERS, meanwhile=cancel_then_release)

        assert leader.cancelled_caught
        assert len(crowd.results) == CALLERS
        assert server.posts == 1

    async def test_timeouts_of_calls_shorter_than_the_exchange(self, client, server, ask, together):
        server.hold()
        async with client:
            for _ in range(3):
                crowd = await together(50, lambda: ask(timeout=0.01))
                assert {type(error) for error in crowd.errors} == {DeadlineExceededError}
                assert len(crowd.errors) == 50
            await server.arrived(1)
            server.release()
            crowd = await ask.together(50)

        assert len(crowd.results) == 50
        assert server.posts == 1
        assert server.calls == 50

    async def test_fail_after_shorter_than_the_exchange(self, client, server, ask, together):
        server.hold()

        async def impatient():
            with anyio.fail_after(0.01):
                await ask()

        async with client:
            for _ in range(3):
                crowd = await together(50, impatient)
                assert {type(error) for error in crowd.errors} == {TimeoutError}
            await server.arrived(1)
            server.release()
            await ask()

        assert server.posts == 1
        assert server.calls == 1

    async def test_token_of_a_timed_out_call_is_used_by_later_calls(self, client, server, ask, settle):
        server.hold()
        async with client:
            with pytest.raises(DeadlineExceededError):
                await client.token(timeout=0.01)
            await server.arrived(1)
            server.release()
            token = await client.token()
            await ask()

        assert server.posts == 1
        assert server.credentials == [f"Bearer {token.access_token}"]

    async def test_client_closed_during_an_exchange_leaves_nothing_open(self, client, server, ask):
        """``-W error`` makes a test of what is left to the collector."""
        server.hold()
        async with client:
            with pytest.raises(DeadlineExceededError):
                await ask(timeout=0.01)
            await server.arrived(1)
        assert server.posts == 1
        assert server.calls == 0


@pytest.mark.asyncio
class TestTasksAtAServer:
    async def test_leader_cancelled_as_a_task_does_not_add_a_post(self, client, server, ask, settle):
        server.hold()
        async with client:
            leader = asyncio.create_task(ask())
            await server.arrived(1)
            others = [asyncio.create_task(ask()) for _ in range(CALLERS)]
            await settle()
            leader.cancel()
            await settle()
            server.release()
            await asyncio.gather(*others)

        assert leader.cancelled()
        assert server.posts == 1

    async def test_many_cancelled_leaders_do_not_add_a_post(self, client, server, ask, settle):
        server.hold()
        async with client:
            tasks = [asyncio.create_task(ask()) for _ in range(50)]
            await server.arrived(1)
            for task in tasks[:-1]:
                await settle()
                task.cancel()
            server.release()
            await tasks[-1]

        assert server.posts == 1

    async def test_asyncio_timeout_shorter_than_the_exchange(self, client, server, ask):
        server.hold()

        async def impatient():
            async with asyncio.timeout(0.01):
                await ask()

        async with client:
            for _ in range(3):
                outcomes = await asyncio.gather(*(impatient() for _ in range(50)), return_exceptions=True)
                assert {type(outcome) for outcome in outcomes} == {TimeoutError}
            await server.arrived(1)
            server.release()
            await asyncio.gather(*(ask() for _ in range(50)))

        assert server.posts == 1


def test_loop_that_ends_during_an_exchange_ends_the_exchange(clock, exchange):
    """The next loop begins a new one, and nothing is left pending."""
    cache = TokenCache(exchange, clock.given)

    async def give_up():
        exchange.hold()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.get(), 0.001)
        assert len(exchange_tasks()) == 1

    async def go_on():
        return await cache.get()

    asyncio.run(give_up())
    exchange.release()
    assert asyncio.run(go_on()).access_token == "token-2"
