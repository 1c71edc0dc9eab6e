"""Soft and hard limit of the token cache."""

from __future__ import annotations

import logging

import pytest

from duro import ConnectionFailedError, TokenExchangeError

pytestmark = pytest.mark.anyio


def token_error(status: int | None = 503, **members) -> TokenExchangeError:
    return TokenExchangeError("rejected", status=status, **members)


# The two limits


async def test_token_is_not_refreshed_below_the_soft_limit(cache, exchange, clock, wait_until_blocked):
    token = await cache.get()
    clock.advance(token.soft_limit - 0.001)

    assert cache.cached_token() is token
    assert await cache.get() is token
    await wait_until_blocked()
    assert exchange.calls == 1


async def test_one_call_refreshes_between_the_limits_and_all_use_the_present_token(
    cache, exchange, clock, wait_until_blocked, run_concurrently
):
    old = await cache.get()
    clock.advance(old.soft_limit)
    exchange.block()
    assert cache.cached_token() is None

    outcomes = await run_concurrently(200, cache.get)
    assert outcomes.results == [old] * 200
    await wait_until_blocked()
    assert exchange.calls == 2

    exchange.unblock()
    await wait_until_blocked()
    assert (await cache.get()).access_token == "token-2"
    assert exchange.calls == 2


async def test_call_between_the_limits_does_not_yield(cache, exchange, clock, wait_until_blocked):
    old = await cache.get()
    clock.advance(old.soft_limit)
    exchange.block()

    with pytest.raises(StopIteration) as response:
        cache.get().send(None)

    assert response.value.value is old
    exchange.unblock()
    await wait_until_blocked()


async def test_calls_past_the_hard_limit_wait_for_the_refresh_in_progress(
    cache, exchange, clock, wait_until_blocked, run_concurrently
):
    old = await cache.get()
    clock.advance(old.soft_limit)
    exchange.block()
    await cache.get()
    await wait_until_blocked()
    clock.advance(old.hard_limit - old.soft_limit)

    async def unblock():
        exchange.unblock()

    outcomes = await run_concurrently(50, cache.get, during=unblock)

    assert {token.access_token for token in outcomes.results} == {"token-2"}
    assert exchange.calls == 2


@pytest.mark.parametrize("past", [0.0, 0.001, 30.0, 10**6])
async def test_token_is_not_used_from_the_hard_limit_on(cache, exchange, clock, past):
    old = await cache.get()
    clock.advance(old.hard_limit + past)

    assert cache.cached_token() is None
    assert (await cache.get()).access_token == "token-2"


async def test_token_is_used_just_below_the_hard_limit(cache, exchange, clock, wait_until_blocked):
    old = await cache.get()
    clock.advance(old.hard_limit - 0.001)

    assert await cache.get() is old
    await wait_until_blocked()
    assert exchange.calls == 2


async def test_failed_refresh_is_logged_and_delayed_and_keeps_the_token(
    cache, exchange, wait_until_blocked, run_concurrently, caplog
):
    old = await cache.get()
    clock = exchange.clock
    clock.advance(old.soft_limit)
    exchange.always = token_error(503)

    with caplog.at_level(logging.WARNING, "duro.auth"):
        outcomes = await run_concurrently(20, cache.get)
        await wait_until_blocked()
        outcomes = await run_concurrently(20, cache.get)
        await wait_until_blocked()
    assert exchange.calls == 2
    assert outcomes.results == [old] * 20
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "rejected" in caplog.text
    assert "token-1" not in caplog.text

    clock.advance(1.25)
    assert await cache.get() is old
    await wait_until_blocked()
    assert exchange.calls == 3


@pytest.mark.parametrize(
    ("error", "pause"),
    [(token_error(401), 10.0), (token_error(503, retry_after=42.0), 42.0), (ConnectionFailedError("no"), 1.25)],
    ids=["permanent", "retry after", "connection"],
)
async def test_next_refresh_waits_for_the_cooldown_of_the_failure(cache, exchange, wait_until_blocked, error, pause):
    clock = exchange.clock
    old = await cache.get()
    clock.advance(old.soft_limit)
    exchange.outcomes = [error]
    await cache.get()
    await wait_until_blocked()

    clock.advance(pause - 0.01)
    await cache.get()
    await wait_until_blocked()
    assert exchange.calls == 2

    clock.advance(0.01)
    await cache.get()
    await wait_until_blocked()
    assert exchange.calls == 3
    assert (await cache.get()).access_token == "token-3"


async def test_success_ends_the_cooldown_of_an_earlier_failure(cache, exchange, clock, wait_until_blocked):
    old = await cache.get()
    clock.advance(old.soft_limit)
    exchange.outcomes = [token_error(401)]
    await cache.get()
    await wait_until_blocked()
    clock.advance(10)
    await cache.get()
    await wait_until_blocked()
    new = await cache.get()

    assert new.access_token == "token-3"
    clock.advance(new.soft_limit)
    await cache.get()
    await wait_until_blocked()
    assert exchange.calls == 4


async def test_failed_refresh_stays_cached_past_the_hard_limit(cache, exchange, clock, wait_until_blocked):
    old = await cache.get()
    clock.advance(old.hard_limit - 1)
    exchange.outcomes = [token_error(401)]
    await cache.get()
    await wait_until_blocked()
    clock.advance(2)

    with pytest.raises(TokenExchangeError):
        await cache.get()
    assert exchange.calls == 2


# Short lifetimes


@pytest.mark.parametrize("lifetime", [0.001, 5.0])
async def test_short_lifetime_does_not_multiply_exchanges(cache, exchange, clock, run_concurrently, lifetime):
    """All waiters share the token, although it has expired when it arrives."""
    exchange.always = lifetime
    exchange.block()

    async def unblock():
        clock.advance(lifetime)
        exchange.unblock()

    outcomes = await run_concurrently(200, cache.get, during=unblock)

    assert exchange.calls == 1
    assert {token.access_token for token in outcomes.results} == {"token-1"}

    outcomes = await run_concurrently(200, cache.get)
    assert exchange.calls == 2
    assert {token.access_token for token in outcomes.results} == {"token-2"}


async def test_token_that_arrives_expired_serves_only_its_waiters(cache, exchange, clock, run_concurrently):
    exchange.outcomes = [1.0]
    exchange.block()

    async def unblock():
        clock.advance(60)
        exchange.unblock()

    await run_concurrently(3, cache.get, during=unblock)

    assert cache.cached_token() is None
    assert (await cache.get()).access_token == "token-2"
