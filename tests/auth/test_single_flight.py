"""However many callers, one POST: counted at a real server on loopback."""

from __future__ import annotations

import time

import anyio
import pytest

from duro import (
    AsyncDuro,
    ClientCredentials,
    ConnectionFailedError,
    DeadlineExceededError,
    TokenExchangeError,
)

pytestmark = pytest.mark.anyio

CALLERS = 200


async def test_a_thousand_cold_callers_send_one_post(server, together):
    async with AsyncDuro(**server.options) as client:
        crowd = await together(1000, lambda: client.request("GET", "/v1/plans"))

    assert crowd.errors == []
    assert server.posts == 1
    assert server.calls == 1000
    assert set(server.credentials) == {"Bearer at_test_1"}


@pytest.mark.load
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_thousand_cold_callers_send_one_post_to_the_sandbox(anyio_backend, sandbox, together):
    async with AsyncDuro(**sandbox.options) as client:
        crowd = await together(1000, lambda: client.plans.list(page_size=1).page())

    assert crowd.errors == []
    assert sandbox.stats.token_exchanges == 1
    assert sandbox.stats.requests == 1001


async def test_copies_of_a_client_and_equal_credentials_share_the_token(client, server, together):
    async with client:
        await client.request("GET", "/v1/plans")
        await client.with_options(timeout=5).request("GET", "/v1/plans")
        await client.with_options(retries=2, headers={"x-a": "1"}).token()

    assert server.posts == 1


REFUSING = {
    "500": ({"status": 500}, TokenExchangeError),
    "503": ({"status": 503}, TokenExchangeError),
    "503 with Retry-After": ({"status": 503, "headers": (("retry-after", "60"),)}, TokenExchangeError),
    "429": ({"status": 429}, TokenExchangeError),
    "401": ({"status": 401}, TokenExchangeError),
    "302": ({"status": 302, "headers": (("location", "/v1/oauth/token"),)}, TokenExchangeError),
    "no grant": ({"body": b"<html>"}, TokenExchangeError),
    "a life of 0": ({"expires_in": 0}, TokenExchangeError),
    "a reset": ({"fate": "reset"}, ConnectionFailedError),
}


@pytest.mark.parametrize("trouble", REFUSING)
async def test_callers_at_an_endpoint_in_trouble_send_one_post_and_get_an_error_of_their_own_each(
    client, server, ask, trouble
):
    members, kind = REFUSING[trouble]
    server.always = server.Reply(**members)
    server.hold()

    async def release():
        await server.arrived(1)
        server.release()

    async with client:
        crowd = await ask.together(CALLERS, meanwhile=release)
        latecomers = await ask.together(CALLERS)

    assert server.posts == 1
    assert server.calls == 0
    expect_separate(crowd, kind)
    expect_separate(latecomers, kind)


def expect_separate(crowd, kind):
    assert {type(error) for error in crowd.errors} == {kind}
    assert len({id(error) for error in crowd.errors}) == CALLERS
    assert len({id(error.__traceback__) for error in crowd.errors}) == CALLERS
    assert {error.__context__ for error in crowd.errors} == {None}


async def test_an_endpoint_that_hangs_costs_all_callers_one_deadline(client, server, ask, monkeypatch):
    """One after another, they would take a hundred seconds."""
    monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT", 0.5)
    server.always = server.Reply(fate="hang")

    async with client:
        started = time.monotonic()
        crowd = await ask.together(CALLERS)
        elapsed = time.monotonic() - started

    assert server.posts == 1
    expect_separate(crowd, DeadlineExceededError)
    assert {str(error) for error in crowd.errors} == {
        "the token endpoint did not answer within 0.5 s; the request itself was not sent"
    }
    assert 0.45 < elapsed < 10


async def test_an_endpoint_that_is_not_there_fails_all_callers_at_once(client, server, ask, clock):
    """Refused connections are tried again, but by the one exchange, and each try is no POST."""
    server.stop()
    crowd = await ask.together(CALLERS)
    await client.aclose()

    expect_separate(crowd, ConnectionFailedError)
    assert server.posts == 0


@pytest.mark.parametrize("trouble", ["503", "a reset", "no grant"])
async def test_an_endpoint_that_recovers_serves_all_after_the_pause(client, server, ask, clock, trouble):
    members, _ = REFUSING[trouble]
    server.replies = [server.Reply(**members)]

    async with client:
        await ask.together(CALLERS)
        clock.advance(10)
        crowd = await ask.together(CALLERS)

    assert crowd.errors == []
    assert server.posts == 2
    assert server.calls == CALLERS


async def test_a_life_of_a_millisecond_does_not_stampede(client, server, ask, clock):
    server.always = server.Reply(expires_in=0.001)
    server.hold()

    async def release():
        await server.arrived(1)
        clock.advance(1)
        server.release()

    async with client:
        crowd = await ask.together(CALLERS, meanwhile=release)
        assert crowd.errors == []
        assert server.posts == 1

        clock.advance(1)
        await ask.together(CALLERS)

    assert server.posts == 2
    assert server.calls == 2 * CALLERS


async def test_a_life_of_five_seconds_does_not_stampede(client, server, ask, clock):
    server.always = server.Reply(expires_in=5)

    async with client:
        for round_ in range(1, 4):
            for _ in range(3):
                await ask.together(50)
                clock.advance(1.2)
            assert server.posts == round_
            clock.advance(1)

    assert server.calls == 9 * 50


async def test_an_expired_token_is_never_sent(client, server, ask, clock):
    server.always = server.Reply(expires_in=100)

    async with client:
        await ask()
        clock.advance(90)
        server.hold()

        async def release():
            await server.arrived(2)
            assert server.calls == 1
            server.release()

        await ask.together(CALLERS, meanwhile=release)

    assert server.posts == 2
    assert server.credentials == ["Bearer at_test_1"] + ["Bearer at_test_2"] * CALLERS


async def test_an_expired_token_is_not_sent_when_there_is_no_other(client, server, ask, clock):
    server.replies = [server.Reply(expires_in=100)]
    server.always = server.Reply(status=503)

    async with client:
        await ask()
        clock.advance(90)
        crowd = await ask.together(CALLERS)

    expect_separate(crowd, TokenExchangeError)
    assert server.posts == 2
    assert server.calls == 1


async def test_near_its_end_the_token_is_used_while_one_post_renews_it(client, server, ask, clock):
    async with client:
        await ask()
        clock.advance(3500)
        server.hold()
        crowd = await ask.together(CALLERS)
        assert crowd.errors == []
        await server.arrived(2)
        assert set(server.credentials) == {"Bearer at_test_1"}

        server.release()
        authorizers = client._requester.state.authorizers
        (authorizer,) = authorizers._oauth.values()
        await renewed(authorizer.cache)
        await ask()

    assert server.posts == 2
    assert server.credentials[-1] == "Bearer at_test_2"


async def renewed(cache):
    with anyio.fail_after(20):
        while cache.fresh() is None:
            await anyio.sleep(0.001)


async def test_a_renewal_that_fails_disturbs_no_call(client, server, ask, clock, caplog):
    async with client:
        await ask()
        clock.advance(3500)
        server.always = server.Reply(status=503)
        crowd = await ask.together(CALLERS)
        await server.arrived(2)
        assert crowd.errors == []
        with anyio.fail_after(20):
            while not caplog.records:
                await anyio.sleep(0.001)
        crowd = await ask.together(CALLERS)

    assert crowd.errors == []
    assert server.posts == 2
    assert set(server.credentials) == {"Bearer at_test_1"}
    assert "could not be renewed" in caplog.text


async def test_an_exchange_past_the_cache_neither_takes_nor_leaves_a_token(client, server, ask):
    async with client:
        await ask()
        token = await client.oauth.token()
        await ask()

    assert token.access_token == "at_test_2"
    assert server.posts == 2
    assert set(server.credentials) == {"Bearer at_test_1"}


async def test_clients_of_another_secret_exchange_for_themselves(client, server, ask):
    async with client:
        await ask()
        await ask(credential=ClientCredentials("cid_test_counted", "csec_test_other"))
        await ask(credential=ClientCredentials("cid_test_counted", "csec_test_other"))
        await ask(credential=ClientCredentials("cid_test_counted", "csec_test_counted"))

    assert server.posts == 2
