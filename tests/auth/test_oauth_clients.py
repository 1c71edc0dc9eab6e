"""Cached OAuth clients: eviction, closing, and client secrets from a function."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from duro import AsyncDuro, ClientClosedError, ClientCredentials, ClientSecretError, ConfigurationError, Duro
from duro.auth.authorizers import Authorizers
from duro.config import ClientSettings


def authorizers(limit):
    return Authorizers(ClientSettings("http://127.0.0.1:9", max_oauth_clients=limit), lambda: None)


def credentials(number):
    return ClientCredentials(f"cid_test_{number}", "csec_test_1")


def test_least_recently_used_client_is_evicted():
    shared = authorizers(2)
    for number in (1, 2, 1, 3):
        shared.oauth_authorizer_for(credentials(number))

    assert list(shared._recent) == [credentials(1), credentials(3)]


def test_evicted_authorizer_in_use_is_found_again():
    shared = authorizers(1)
    held = shared.oauth_authorizer_for(credentials(1))
    shared.oauth_authorizer_for(credentials(2))

    assert shared.oauth_authorizer_for(credentials(1)) is held


def test_threads_evict_concurrently_without_errors():
    shared = authorizers(3)

    def work(seed):
        for number in range(500):
            shared.oauth_authorizer_for(credentials((number * seed) % 7))

    with ThreadPoolExecutor(8) as threads:
        for run in [threads.submit(work, seed) for seed in range(1, 9)]:
            run.result(30)
    assert len(shared._recent) == 3


@pytest.mark.anyio
async def test_exchange_does_not_start_after_the_client_was_closed(server):
    client = AsyncDuro(**server.options)
    authorizer = client._requester.get_oauth_authorizer({})
    await client.aclose()
    for _ in range(2):
        with pytest.raises(ClientClosedError):
            await authorizer.cache.get()

    assert server.posts == 0
    assert not authorizer.exchange._transports


@pytest.mark.anyio
async def test_client_caches_the_tokens_of_the_most_recently_used_oauth_clients(server):
    async with AsyncDuro(**server.options, max_oauth_clients=2) as client:
        for number in (1, 2, 1, 3, 1):
            await client.request("GET", "/v1/plans", credential=credentials(number))
        assert server.posts == 3
        await client.request("GET", "/v1/plans", credential=credentials(2))
    assert server.posts == 4


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "256", None], ids=repr)
def test_invalid_number_of_oauth_clients_is_rejected(value):
    with pytest.raises(ConfigurationError, match=r"^max_oauth_clients must be an integer of at least 1, got "):
        Duro("sk_test_1", max_oauth_clients=value)


def with_secret(server, function):
    return {**server.options, "client_secret": function}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["plain", "asynchronous", "coroutine"])
async def test_function_is_called_for_each_exchange(server, kind):
    calls = []

    def plain():
        calls.append(1)
        return "csec_test_rotated"

    async def asynchronous():
        return plain()

    def returns_a_coroutine():
        return asynchronous()

    function = {"plain": plain, "asynchronous": asynchronous, "coroutine": returns_a_coroutine}[kind]
    async with AsyncDuro(**with_secret(server, function)) as client:
        await client.token()
        await client.token()
        await client.oauth.token()

    assert len(calls) == server.posts == 2


def test_function_is_called_by_the_blocking_client(server):
    with Duro(**with_secret(server, lambda: "csec_test_rotated")) as client:
        client.token()
    assert server.posts == 1


@pytest.mark.anyio
async def test_exception_of_the_function_is_the_cause_for_every_caller(server):
    def fail():
        raise LookupError("csec_test_do-not-show")

    async with AsyncDuro(**with_secret(server, fail), retries=0) as client:
        for _ in range(2):
            with pytest.raises(ClientSecretError) as caught:
                await client.token()
            assert isinstance(caught.value.__cause__, LookupError)
            assert "do-not-show" not in str(caught.value)
    assert server.posts == 0


@pytest.mark.anyio
@pytest.mark.parametrize("value", [7, None, "do-not-show", "csec_live_do-not-show"], ids=repr)
async def test_invalid_result_of_the_function_is_a_configuration_error(server, value):
    async with AsyncDuro(**with_secret(server, lambda: value)) as client:
        with pytest.raises(ConfigurationError) as caught:
            await client.token()

    assert "do-not-show" not in str(caught.value)
    assert server.posts == 0


class Vault:
    def read(self):
        return "csec_test_1"


def test_credentials_with_the_same_function_are_equal():
    vault = Vault()
    one = ClientCredentials("cid_test_1", vault.read)

    assert one == ClientCredentials("cid_test_1", vault.read)
    assert hash(one) == hash(ClientCredentials("cid_test_1", vault.read))
    assert one != ClientCredentials("cid_test_1", Vault().read)
