from __future__ import annotations

import copy
import logging

import anyio
import pytest
from anyio.lowlevel import checkpoint

from duro import ConnectionFailedError, DeadlineExceededError, TokenExchangeError
from duro.auth.cache import TokenCache
from duro.auth.token import Token

pytestmark = pytest.mark.anyio


def token_error(status: int | None = 503, **members) -> TokenExchangeError:
    return TokenExchangeError("rejected", status=status, **members)


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


# Failures


async def test_each_waiter_gets_a_copy_of_the_error(cache, exchange, run_concurrently):
    exchange.always = token_error(503, code="unavailable", retry_after=7.0, request_id="req_1")
    exchange.block()

    async def unblock():
        exchange.unblock()

    outcomes = await run_concurrently(200, cache.get, during=unblock)

    assert exchange.calls == 1
    assert len({id(error) for error in outcomes.errors}) == 200
    assert exchange.always not in outcomes.errors
    assert {(type(e), str(e), e.status, e.code, e.request_id) for e in outcomes.errors} == {
        (TokenExchangeError, "rejected", 503, "unavailable", "req_1")
    }


async def test_tracebacks_of_waiters_are_separate(cache, exchange, run_concurrently):
    exchange.always = token_error()
    outcomes = await run_concurrently(50, cache.get)

    depths = [depth_of(error) for error in outcomes.errors]
    assert max(depths) < 10
    assert len({id(error.__traceback__) for error in outcomes.errors}) == 50
    assert {error.__context__ for error in outcomes.errors} == {None}


def depth_of(error: BaseException) -> int:
    depth, frame = 0, error.__traceback__
    while frame is not None:
        depth, frame = depth + 1, frame.tb_next
    return depth


async def test_note_on_one_error_is_not_on_the_others(cache, exchange, run_concurrently):
    exchange.always = token_error()
    outcomes = await run_concurrently(2, cache.get)
    outcomes.errors[0].add_note("seen by me")

    assert not hasattr(outcomes.errors[1], "__notes__")
    with pytest.raises(TokenExchangeError) as later:
        await cache.get()
    assert not hasattr(later.value, "__notes__")


class ForeignError(Exception):
    """Error that a custom transport may raise against the protocol."""


class UncopyableError(Exception):
    def __init__(self, *, reason: str) -> None:
        super().__init__(reason, "and more")


@pytest.mark.parametrize("error", [ForeignError("odd", 7), OSError(5, "odd"), KeyError("odd")], ids=repr)
async def test_errors_of_other_packages_are_copied(cache, exchange, run_concurrently, error):
    exchange.always = error
    outcomes = await run_concurrently(50, cache.get)

    assert exchange.calls == 1
    assert len({id(each) for each in outcomes.errors}) == 50
    assert {(type(each), each.args) for each in outcomes.errors} == {(type(error), error.args)}
    assert max(map(depth_of, outcomes.errors)) < 10


async def test_error_that_cannot_be_copied_is_raised_for_every_waiter(cache, exchange, run_concurrently):
    exchange.always = UncopyableError(reason="odd")
    with pytest.raises(TypeError):
        copy.copy(exchange.always)

    outcomes = await run_concurrently(5, cache.get)

    assert exchange.calls == 1
    assert {type(each) for each in outcomes.errors} == {UncopyableError}


PERMANENT = [token_error(400), token_error(401), token_error(403), token_error(200), token_error(None)]
TRANSIENT = [
    token_error(500),
    token_error(503),
    token_error(429),
    token_error(404),
    token_error(302),
    ConnectionFailedError("no connection"),
    DeadlineExceededError("no response"),
    OSError("foreign"),
]


def name_of(error: object) -> str:
    return f"{type(error).__name__}-{getattr(error, 'status', '')}"


@pytest.mark.parametrize("error", PERMANENT, ids=name_of)
async def test_permanent_failure_is_cached_for_ten_seconds(cache, exchange, clock, error):
    exchange.outcomes = [error]
    await check_cooldown(cache, exchange, clock, error, seconds=10.0)


@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("error", TRANSIENT, ids=name_of)
async def test_transient_failure_is_cached_for_about_a_second(cache, exchange, clock, error, draw):
    clock.draw = draw
    exchange.outcomes = [error]
    await check_cooldown(cache, exchange, clock, error, seconds=0.75 + 0.5 * draw)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (token_error(503, retry_after=30.0), 30.0),
        (token_error(429, retry_after=30.0), 30.0),
        (token_error(429, retry_after=0.0), 1.25),
        (token_error(401, retry_after=0.0), 10.0),
        (token_error(401, retry_after=3600.0), 10.0),
    ],
    ids=lambda value: f"{getattr(value, 'status', value)}-{getattr(value, 'retry_after', '')}",
)
async def test_retry_after_applies_to_transient_failures(cache, exchange, clock, error, seconds):
    exchange.outcomes = [error]
    await check_cooldown(cache, exchange, clock, error, seconds=seconds)


async def check_cooldown(cache, exchange, clock, error, *, seconds: float) -> None:
    with pytest.raises(type(error)):
        await cache.get()
    clock.advance(seconds - 0.01)
    with pytest.raises(type(error)) as again:
        await cache.get()
    assert again.value is not error
    assert str(again.value) == str(error)
    assert exchange.calls == 1

    clock.advance(0.011)
    assert (await cache.get()).access_token == "token-2"
    assert exchange.calls == 2


async def test_cached_failure_is_raised_without_waiting(cache, exchange):
    exchange.always = token_error()
    with pytest.raises(TokenExchangeError):
        await cache.get()

    with pytest.raises(TokenExchangeError):
        cache.get().send(None)
    assert exchange.calls == 1


async def test_usable_token_takes_precedence_over_a_cached_failure(cache, exchange, clock, wait_until_blocked):
    old = await cache.get()
    clock.advance(old.soft_limit)
    exchange.always = token_error(401)
    await cache.get()
    await wait_until_blocked()

    assert await cache.get() is old


async def test_cooldown_ignores_the_wall_clock(cache, exchange, clock):
    exchange.always = token_error(401)
    with pytest.raises(TokenExchangeError):
        await cache.get()

    for shift in (86400, -2 * 86400):
        clock.wall += shift
        with pytest.raises(TokenExchangeError):
            await cache.get()
    assert exchange.calls == 1


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
    assert cache.token_for(type(token.headers)(token.headers)) is None


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
