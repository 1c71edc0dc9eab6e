"""Tokens that the API refuses: one renewal for all, one replay for each, and no more."""

from __future__ import annotations

import json

import pytest

from duro import AuthenticationError, PermissionDeniedError, SecretKey, TokenExchangeError

pytestmark = pytest.mark.anyio

CALLERS = 200


async def test_a_storm_of_refusals_sends_one_further_post_and_all_calls_succeed(client, server, ask):
    async with client:
        await ask()
        server.revoke()
        server.gather(CALLERS)
        crowd = await ask.together(CALLERS)

    assert crowd.errors == []
    assert server.posts == 2
    assert server.credentials == (["Bearer at_test_1"] * (1 + CALLERS) + ["Bearer at_test_2"] * CALLERS)


async def test_a_refusal_that_comes_late_does_not_drop_the_new_token(client, server, ask):
    """Two calls leave with the old token; the answer to one of them comes when the other has renewed long since."""
    async with client:
        await ask()
        server.revoke()
        old = await client.token()
        await ask()
        new = await client.token()
        assert new is not old

        (authorizer,) = client._requester.state.authorizers._oauth.values()
        assert authorizer.on_unauthorized(old.headers)
        await ask()
        assert await client.token() is new

    assert server.posts == 2


async def test_a_second_refusal_is_raised(client, server, ask):
    async with client:
        await ask()
        server.revoke()
        server.valid = NothingIsIn()
        with pytest.raises(AuthenticationError) as error:
            await ask()

    assert error.value.status == 401
    assert error.value.code == "refused"
    assert server.posts == 2
    assert server.calls == 3


class NothingIsIn(set):
    def __contains__(self, item):
        return False


async def test_a_storm_of_second_refusals_ends(client, server, ask):
    """The API refuses whatever the endpoint grants: nobody goes round in circles."""
    server.valid = NothingIsIn()
    server.gather(50)
    async with client:
        crowd = await ask.together(50)

    assert {type(error) for error in crowd.errors} == {AuthenticationError}
    assert len({id(error) for error in crowd.errors}) == 50
    assert server.posts <= 2
    assert server.calls == 2 * 50


async def test_forbidden_never_renews(client, server, ask):
    async with client:
        await ask()
        server.revoke()
        server.status_of_calls = 403
        crowd = await ask.together(CALLERS)

    assert {type(error) for error in crowd.errors} == {PermissionDeniedError}
    assert server.posts == 1
    assert server.calls == 1 + CALLERS


async def test_a_secret_key_has_nothing_to_renew(client, server, ask):
    async with client:
        with pytest.raises(AuthenticationError):
            await ask(credential=SecretKey("sk_test_unknown"))

    assert server.posts == 0
    assert server.calls == 1


async def test_a_refusal_whose_renewal_fails_raises_the_failure(client, server, ask):
    async with client:
        await ask()
        server.revoke()
        server.always = server.Reply(status=401)
        server.gather(CALLERS)
        crowd = await ask.together(CALLERS)

    assert {type(error) for error in crowd.errors} == {TokenExchangeError}
    assert len({id(error) for error in crowd.errors}) == CALLERS
    assert server.posts == 2
    assert server.calls == 1 + CALLERS


async def test_the_replay_bears_the_same_bytes_and_the_same_key(client, server):
    async with client:
        await client.token()
        server.revoke()
        await client.request("POST", "/v1/anything", json={"amount": 100}, idempotency_key="key-1")

    first, second = server.requests
    assert (first.body, second.body) == (first.body, first.body)
    assert json.loads(first.body) == {"amount": 100}
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "key-1"
    assert first.headers["authorization"] == "Bearer at_test_1"
    assert second.headers["authorization"] == "Bearer at_test_2"


async def test_a_key_made_by_the_client_is_the_same_in_the_replay(client, server):
    async with client:
        await client.token()
        server.revoke()
        await client.request("POST", "/v1/anything", json={})

    first, second = server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
