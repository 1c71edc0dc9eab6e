"""Any number of concurrent calls sends one POST, counted at a server on loopback."""

from __future__ import annotations

import time

import anyio
import pytest

from duro import (
    AsyncDuro,
    ClientCredentials,
    ConnectionFailedError,
    CredentialsRejectedError,
    DeadlineExceededError,
    TokenEndpointUnavailableError,
    TokenExchangeError,
)
from tests.auth.conftest import Outcomes

pytestmark = pytest.mark.anyio

CALLERS = 200


async def test_thousand_concurrent_calls_send_one_post(server, run_concurrently):
    async with AsyncDuro(**server.options) as client:
        outcomes = await run_concurrently(1000, lambda: client.request("GET", "/v1/plans"))

    assert outcomes.errors == []
    assert server.posts == 1
    assert server.calls == 1000
    assert set(server.credentials) == {"Bearer at_test_1"}


@pytest.mark.load
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_thousand_concurrent_calls_send_one_post_to_the_sandbox(anyio_backend, sandbox, run_concurrently):
    async with AsyncDuro(**sandbox.options) as client:
        outcomes = await run_concurrently(1000, lambda: client.plans.list(page_size=1).page())

    assert outcomes.errors == []
    assert sandbox.stats.token_exchanges == 1
    assert sandbox.stats.requests == 1001


async def test_copies_of_a_client_share_the_token(client, server, run_concurrently):
    async with client:
        await client.request("GET", "/v1/plans")
        await client.with_options(timeout=5).request("GET", "/v1/plans")
        await client.with_options(retries=2, headers={"x-a": "1"}).token()

    assert server.posts == 1


FAILING_ENDPOINTS = {
    "500": ({"status": 500}, TokenEndpointUnavailableError),
    "503": ({"status": 503}, TokenEndpointUnavailableError),
    "503 with Retry-After": ({"status": 503, "headers": (("retry-after", "60"),)}, TokenEndpointUnavailableError),
    "429": ({"status": 429}, TokenEndpointUnavailableError),
    "401": ({"status": 401}, CredentialsRejectedError),
    "302": ({"status": 302, "headers": (("location", "/v1/oauth/token"),)}, TokenExchangeError),
    "invalid grant": ({"body": b"<html>"}, TokenExchangeError),
    "lifetime of 0": ({"expires_in": 0}, TokenExchangeError),
    "reset": ({"behavior": "reset"}, ConnectionFailedError),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", FAILING_ENDPOINTS)
async def test_concurrent_calls_at_a_failing_endpoint_send_one_post_and_get_separate_errors(
    client, server, call_api, case
):
    members, kind = FAILING_ENDPOINTS[case]
    server.always = server.Reply(**members)
    server.block()

    async def unblock():
        await server.arrived(1)
        server.unblock()

    async with client:
        outcomes = await call_api.run_concurrently(CALLERS, during=unblock)
        later = await call_api.run_concurrently(CALLERS)

    assert server.posts == 1
    assert server.calls == 0
    check_separate_errors(outcomes, kind)
    check_separate_errors(later, kind)


def check_separate_errors(outcomes, kind):
    assert {type(error) for error in outcomes.errors} == {kind}
    assert len({id(error) for error in outcomes.errors}) == CALLERS
    assert len({id(error.__traceback__) for error in outcomes.errors}) == CALLERS
    assert {error.__context__ for error in outcomes.errors} == {None}


@pytest.mark.slow
async def test_hanging_endpoint_delays_all_calls_by_one_deadline(client, server, call_api, monkeypatch):
    """One deadline after another would take a hundred seconds."""
    monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT_SECONDS", 0.5)
    server.always = server.Reply(behavior="hang")

    first = Outcomes()
    async with client, anyio.create_task_group() as group:
        started = time.monotonic()
        group.start_soon(first.run, call_api)
        # Before the others start, because the deadline of the exchange is short.
        await server.arrived(1)
        outcomes = await call_api.run_concurrently(CALLERS)
        elapsed = time.monotonic() - started

    assert server.posts == 1
    assert [type(error) for error in first.errors] == [DeadlineExceededError]
    check_separate_errors(outcomes, DeadlineExceededError)
    assert {str(error) for error in outcomes.errors} == {
        "GET /v1/plans failed: the token endpoint did not respond within 0.5 s; the call itself was not sent"
    }
    assert 0.45 < elapsed < 10


async def test_unreachable_endpoint_fails_all_calls_at_once(client, server, call_api, clock):
    """The exchange retries refused connections, and none of its attempts is a POST."""
    server.stop()
    outcomes = await call_api.run_concurrently(CALLERS)
    await client.aclose()

    check_separate_errors(outcomes, ConnectionFailedError)
    assert server.posts == 0


@pytest.mark.slow
@pytest.mark.parametrize("case", ["503", "reset", "invalid grant"])
async def test_calls_succeed_after_the_cooldown(client, server, call_api, clock, case):
    members, _ = FAILING_ENDPOINTS[case]
    server.replies = [server.Reply(**members)]

    async with client:
        await call_api.run_concurrently(CALLERS)
        clock.advance(10)
        outcomes = await call_api.run_concurrently(CALLERS)

    assert outcomes.errors == []
    assert server.posts == 2
    assert server.calls == CALLERS


@pytest.mark.slow
async def test_lifetime_of_a_millisecond_does_not_multiply_posts(client, server, call_api, clock):
    server.always = server.Reply(expires_in=0.001)
    server.block()

    async def unblock():
        await server.arrived(1)
        clock.advance(1)
        server.unblock()

    async with client:
        outcomes = await call_api.run_concurrently(CALLERS, during=unblock)
        assert outcomes.errors == []
        assert server.posts == 1

        clock.advance(1)
        await call_api.run_concurrently(CALLERS)

    assert server.posts == 2
    assert server.calls == 2 * CALLERS


@pytest.mark.slow
async def test_lifetime_of_five_seconds_does_not_multiply_posts(client, server, call_api, clock):
    server.always = server.Reply(expires_in=5)

    async with client:
        for round_ in range(1, 4):
            for _ in range(3):
                await call_api.run_concurrently(50)
                clock.advance(1.2)
            assert server.posts == round_
            clock.advance(1)

    assert server.calls == 9 * 50


async def test_expired_token_is_never_sent(client, server, call_api, clock):
    server.always = server.Reply(expires_in=100)

    async with client:
        await call_api()
        clock.advance(90)
        server.block()

        async def unblock():
            await server.arrived(2)
            assert server.calls == 1
            server.unblock()

        await call_api.run_concurrently(CALLERS, during=unblock)

    assert server.posts == 2
    assert server.credentials == ["Bearer at_test_1"] + ["Bearer at_test_2"] * CALLERS


async def test_expired_token_is_not_sent_if_the_exchange_fails(client, server, call_api, clock):
    server.replies = [server.Reply(expires_in=100)]
    server.always = server.Reply(status=503)

    async with client:
        await call_api()
        clock.advance(90)
        outcomes = await call_api.run_concurrently(CALLERS)

    check_separate_errors(outcomes, TokenEndpointUnavailableError)
    assert server.posts == 2
    assert server.calls == 1


async def test_token_near_its_end_is_used_while_one_post_refreshes_it(client, server, call_api, clock):
    async with client:
        await call_api()
        clock.advance(3500)
        server.block()
        outcomes = await call_api.run_concurrently(CALLERS)
        assert outcomes.errors == []
        await server.arrived(2)
        assert set(server.credentials) == {"Bearer at_test_1"}

        server.unblock()
        authorizers = client._requester.state.authorizers
        (authorizer,) = authorizers._recent.values()
        await wait_for_refresh(authorizer.cache)
        await call_api()

    assert server.posts == 2
    assert server.credentials[-1] == "Bearer at_test_2"


async def wait_for_refresh(cache):
    with anyio.fail_after(20):
        while cache.cached_token() is None:
            await anyio.sleep(0.001)


@pytest.mark.slow
async def test_failed_refresh_does_not_affect_calls(client, server, call_api, clock, caplog):
    async with client:
        await call_api()
        clock.advance(3500)
        server.always = server.Reply(status=503)
        outcomes = await call_api.run_concurrently(CALLERS)
        await server.arrived(2)
        assert outcomes.errors == []
        with anyio.fail_after(20):
            while not caplog.records:
                await anyio.sleep(0.001)
        outcomes = await call_api.run_concurrently(CALLERS)

    assert outcomes.errors == []
    assert server.posts == 2
    assert set(server.credentials) == {"Bearer at_test_1"}
    assert "the token refresh failed" in caplog.text


async def test_direct_exchange_does_not_use_the_cache(client, server, call_api):
    async with client:
        await call_api()
        token = await client.oauth.token()
        await call_api()

    assert token.access_token == "at_test_2"
    assert server.posts == 2
    assert set(server.credentials) == {"Bearer at_test_1"}


async def test_clients_with_another_secret_exchange_separately(client, server, call_api):
    async with client:
        await call_api()
        await call_api(credential=ClientCredentials("cid_test_counted", "csec_test_other"))
        await call_api(credential=ClientCredentials("cid_test_counted", "csec_test_other"))
        await call_api(credential=ClientCredentials("cid_test_counted", "csec_test_counted"))

    assert server.posts == 2
