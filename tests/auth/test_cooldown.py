"""Failures of the exchange: sharing, copies of errors, and cooldowns."""

from __future__ import annotations

import copy

import pytest

from duro import ConnectionFailedError, DeadlineExceededError, TokenExchangeError

pytestmark = pytest.mark.anyio


def token_error(status: int | None = 503, **members) -> TokenExchangeError:
    return TokenExchangeError("rejected", status=status, **members)


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
