"""Tokens that the API rejects: one refresh for all calls, and one repetition of each call."""

from __future__ import annotations

import json

import pytest

from duro import AuthenticationError, CredentialsRejectedError, PermissionDeniedError, SecretKey

pytestmark = pytest.mark.anyio

CALLERS = 200


class EmptySet(set):
    def __contains__(self, item):
        return False


@pytest.mark.slow
async def test_concurrent_401_responses_lead_to_one_post_and_all_calls_succeed(client, server, call_api):
    async with client:
        await call_api()
        server.revoke()
        server.delay_calls(CALLERS)
        outcomes = await call_api.run_concurrently(CALLERS)

    assert outcomes.errors == []
    assert server.posts == 2
    assert server.credentials == (["Bearer at_test_1"] * (1 + CALLERS) + ["Bearer at_test_2"] * CALLERS)


async def test_late_401_does_not_invalidate_the_new_token(client, server, call_api):
    """Two calls send the old token. The response to one of them arrives after the other has refreshed the token."""
    async with client:
        await call_api()
        server.revoke()
        old = await client.token()
        await call_api()
        new = await client.token()
        assert new is not old

        (authorizer,) = client._requester.state.authorizers._recent.values()
        assert authorizer.on_unauthorized(old.headers)
        await call_api()
        assert await client.token() is new

    assert server.posts == 2


async def test_second_401_is_raised(client, server, call_api):
    async with client:
        await call_api()
        server.revoke()
        server.valid = EmptySet()
        with pytest.raises(AuthenticationError) as error:
            await call_api()

    assert error.value.status == 401
    assert error.value.code == "unauthorized"
    assert server.posts == 2
    assert server.calls == 3


async def test_concurrent_second_401_responses_are_raised(client, server, call_api):
    """The API rejects every token that the endpoint grants. The calls must not loop."""
    server.valid = EmptySet()
    server.delay_calls(50)
    async with client:
        outcomes = await call_api.run_concurrently(50)

    assert {type(error) for error in outcomes.errors} == {AuthenticationError}
    assert len({id(error) for error in outcomes.errors}) == 50
    assert server.posts <= 2
    assert server.calls == 2 * 50


# An API that rejects every new token


@pytest.mark.slow
async def test_concurrent_calls_at_an_api_that_rejects_every_token_send_two_posts(client, server, call_api):
    server.valid = EmptySet()
    async with client:
        outcomes = await call_api.run_concurrently(500)

    assert {type(error) for error in outcomes.errors} == {AuthenticationError}
    assert len(outcomes.errors) == 500
    assert server.posts <= 2


@pytest.mark.slow
async def test_posts_to_an_api_that_rejects_every_token_grow_with_the_time(client, server, call_api, clock):
    """500 calls in 50 seconds: one POST for each cooldown of 0, 1, 2, 4 and then 8 seconds, and the first one."""
    server.valid = EmptySet()
    posts = []
    async with client:
        for _ in range(500):
            with pytest.raises(AuthenticationError) as caught:
                await call_api()
            assert caught.value.code == "unauthorized"
            posts.append(server.posts)
            clock.advance(0.1)

    assert posts[0] == 2
    assert posts[9] == 2
    assert posts[-1] <= 9


async def test_calls_succeed_after_the_cooldown_of_a_rejected_token(client, server, call_api, clock):
    accepted = server.valid
    server.valid = EmptySet()
    async with client:
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await call_api()
        server.valid = accepted
        clock.advance(1.25)
        await call_api()
        await call_api()

    assert server.posts == 3


async def test_accepted_token_is_replaced_however_often_it_is_revoked(client, server, call_api):
    async with client:
        for number in range(1, 11):
            await call_api()
            assert server.posts == number
            server.revoke()


async def test_old_token_is_replaced_even_if_it_was_never_accepted(client, server, call_api, clock):
    async with client:
        for number in range(1, 5):
            await client.token()
            server.revoke()
            clock.advance(10)
            await call_api()
            clock.advance(3600)
            assert server.posts == 2 * number


@pytest.mark.slow
async def test_status_403_does_not_refresh_the_token(client, server, call_api):
    async with client:
        await call_api()
        server.revoke()
        server.status_of_calls = 403
        outcomes = await call_api.run_concurrently(CALLERS)

    assert {type(error) for error in outcomes.errors} == {PermissionDeniedError}
    assert server.posts == 1
    assert server.calls == 1 + CALLERS


async def test_secret_key_is_not_refreshed(client, server, call_api):
    async with client:
        with pytest.raises(AuthenticationError):
            await call_api(credential=SecretKey("sk_test_unknown"))

    assert server.posts == 0
    assert server.calls == 1


@pytest.mark.slow
async def test_failed_refresh_after_a_401_is_raised(client, server, call_api):
    async with client:
        await call_api()
        server.revoke()
        server.always = server.Reply(status=401)
        server.delay_calls(CALLERS)
        outcomes = await call_api.run_concurrently(CALLERS)

    assert {type(error) for error in outcomes.errors} == {CredentialsRejectedError}
    assert len({id(error) for error in outcomes.errors}) == CALLERS
    assert server.posts == 2
    assert server.calls == 1 + CALLERS


async def test_repetition_has_the_same_bytes_and_key(client, server):
    async with client:
        await client.token()
        server.revoke()
        await client.request("POST", "/v1/anything", json={"amount": 100}, idempotency_key="key-1")

    first, second = server.requests
    assert first.body == second.body
    assert json.loads(first.body) == {"amount": 100}
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "key-1"
    assert first.headers["authorization"] == "Bearer at_test_1"
    assert second.headers["authorization"] == "Bearer at_test_2"


async def test_generated_key_is_the_same_in_the_repetition(client, server):
    async with client:
        await client.token()
        server.revoke()
        await client.request("POST", "/v1/anything", json={})

    first, second = server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
