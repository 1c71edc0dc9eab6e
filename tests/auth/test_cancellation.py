"""Cancellation by scopes: leaders, waiters and attempts."""

from __future__ import annotations

import random

import anyio
import pytest

from duro import DeadlineExceededError

CALLERS = 200


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
