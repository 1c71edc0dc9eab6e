"""Token cache: sharing, clock changes and rejected tokens."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from duro.auth.cache import TokenCache
from duro.auth.token import Token

pytestmark = pytest.mark.anyio


# One token, many calls


async def test_first_call_exchanges_and_the_next_uses_the_cache(cache, exchange):
    first = await cache.get()
    second = await cache.get()

    assert first is second
    assert first.access_token == "token-1"
    assert exchange.calls == 1


async def test_valid_token_needs_neither_lock_nor_await(cache, exchange, monkeypatch):
    token = await cache.get()
    monkeypatch.setattr(cache, "_loop_states", None)

    assert cache.cached_token() is token
    waiting = cache.get()
    with pytest.raises(StopIteration) as response:
        waiting.send(None)
    assert response.value.value is token


async def test_thousand_concurrent_calls_share_one_exchange(cache, exchange, run_concurrently):
    exchange.block()

    async def unblock():
        exchange.unblock()

    outcomes = await run_concurrently(1000, cache.get, during=unblock)

    assert exchange.calls == 1
    assert {id(token) for token in outcomes.results} == {id(cache.cached_token())}


async def test_waiters_check_the_token_again_inside_the_lock(cache, exchange, run_concurrently):
    """Without the second check, each waiter would start an exchange."""
    outcomes = await run_concurrently(50, cache.get)

    assert exchange.calls == 1
    assert len(outcomes.results) == 50


# Clock changes


async def test_wall_clock_set_forward_leads_to_one_exchange(cache, exchange, clock, run_concurrently):
    await cache.get()
    clock.wall += 86400 * 30

    await run_concurrently(50, cache.get)
    await run_concurrently(50, cache.get)
    assert exchange.calls == 2


async def test_wall_clock_set_back_changes_nothing(cache, exchange, clock):
    old = await cache.get()
    clock.wall -= 86400 * 30
    assert await cache.get() is old

    clock.monotonic += old.hard_limit
    assert (await cache.get()).access_token == "token-2"


async def test_token_is_not_used_after_the_sleep_of_a_laptop(cache, exchange, clock):
    await cache.get()
    clock.wall += 8 * 3600

    assert cache.cached_token() is None
    assert (await cache.get()).access_token == "token-2"


async def test_duration_of_the_exchange_counts_as_age(cache, exchange, clock, run_concurrently):
    exchange.always = 100.0
    exchange.block()

    async def unblock():
        clock.advance(70)
        exchange.unblock()

    await run_concurrently(1, cache.get, during=unblock)

    assert cache.cached_token().age(clock.as_clock) == 70
    clock.advance(20)
    assert (await cache.get()).access_token == "token-2"


# Tokens that the API rejected


async def test_rejected_token_is_invalidated(cache, exchange):
    rejected = await cache.get()
    cache.invalidate(rejected)

    assert cache.cached_token() is None
    assert (await cache.get()).access_token == "token-2"


async def test_late_rejection_does_not_invalidate_the_new_token(cache, exchange):
    rejected = await cache.get()
    cache.invalidate(rejected)
    new = await cache.get()
    cache.invalidate(rejected)

    assert await cache.get() is new
    assert exchange.calls == 2


async def test_equal_token_does_not_invalidate_the_cached_one(cache, exchange, clock):
    """A server may grant the old token again. Late 401 responses must not invalidate it each time."""
    token = await cache.get()
    copied = Token.from_grant(
        token.access_token, expires_in=token.expires_in, requested_at=token.requested_at, clock=clock.as_clock
    )
    assert copied == token
    cache.invalidate(copied)

    assert await cache.get() is token


async def test_token_is_found_by_the_identity_of_its_headers(cache):
    assert cache.token_for(()) is None
    token = await cache.get()

    assert cache.token_for(token.headers) is token
    assert cache.token_for(type(token.headers).from_lines(token.headers)) is None


# Several caches


async def test_caches_are_independent(clock, exchange):
    one, other = TokenCache(exchange, clock.as_clock), TokenCache(exchange, clock.as_clock)

    assert await one.get() is not await other.get()


async def test_exchange_starts_with_the_first_call(cache, exchange):
    assert cache.cached_token() is None
    await checkpoint()
    assert exchange.calls == 0


async def test_call_that_is_already_cancelled_does_not_send(cache, exchange, wait_until_blocked):
    sent = False
    with anyio.CancelScope() as scope:
        scope.cancel()
        await cache.get()
        sent = True
    await wait_until_blocked()

    assert not sent
    assert scope.cancelled_caught
    assert exchange.calls == 0
