"""Rules of the shared token exchange: one exchange for all processes, one refresh, rejected tokens."""

from __future__ import annotations

import anyio
import pytest

from duro import ClientSecretError, TokenEndpointUnavailableError
from duro.auth.shared_exchange import LEASE_SECONDS, MAX_WAIT_SECONDS, build_store_key
from tests.auth.stores.conftest import KEY

pytestmark = pytest.mark.anyio


async def get_from_all(processes):
    tokens = []

    async def get(process):
        tokens.append(await process.cache.get())

    async with anyio.create_task_group() as group:
        for process in processes:
            group.start_soon(get, process)
    return tokens


async def test_second_process_takes_the_token_of_the_first(fleet):
    first, second = fleet.start(), fleet.start()
    token = await first.cache.get()
    assert (await second.cache.get()).access_token == token.access_token
    assert fleet.endpoint.posts == 1
    assert first.counters.read().store_misses == first.counters.exchanges == 1
    assert second.counters.read().store_hits == 1
    assert second.counters.exchanges == 0


async def test_50_cold_processes_exchange_once(fleet):
    tokens = await get_from_all([fleet.start() for _ in range(50)])
    assert len({token.access_token for token in tokens}) == 1
    assert fleet.endpoint.posts == 1


async def test_shared_token_ends_when_the_store_says_whatever_the_clock_of_the_process(fleet):
    """The processes of two machines have clocks that differ by days."""
    await fleet.start().cache.get()
    fleet.clock.advance(1_000)
    fleet.clock.wall -= 5 * 86_400
    token = await fleet.start().cache.get()
    assert token.age(fleet.clock.as_clock) == pytest.approx(1_000)
    assert token.expires_in == 3600


async def test_one_process_refreshes_and_the_others_keep_the_present_token(fleet, wait_until_blocked):
    processes = [fleet.start() for _ in range(10)]
    present = (await get_from_all(processes))[0]
    fleet.clock.advance(3_400)
    fleet.endpoint.gate = anyio.Event()
    assert {token.access_token for token in await get_from_all(processes)} == {present.access_token}
    fleet.endpoint.gate.set()
    await wait_until_blocked()
    refreshed = await get_from_all(processes)
    assert {token.access_token for token in refreshed} == {"at_test_2"}
    assert fleet.endpoint.posts == 2


async def test_process_at_its_soft_limit_takes_the_token_that_another_one_refreshed(fleet, wait_until_blocked):
    first, second = fleet.start(), fleet.start()
    await first.cache.get()
    await second.cache.get()
    fleet.clock.advance(3_400)
    await first.cache.get()
    await wait_until_blocked()
    assert (await second.cache.get()).access_token == "at_test_1"
    await wait_until_blocked()
    assert (await second.cache.get()).access_token == "at_test_2"
    assert fleet.endpoint.posts == 2
    assert second.counters.exchanges == 0


async def test_failed_exchange_releases_the_lease_and_the_next_process_exchanges(fleet):
    fleet.endpoint.failing = [503]
    with pytest.raises(TokenEndpointUnavailableError):
        await fleet.start().cache.get()
    assert (await fleet.start().cache.get()).access_token == "at_test_2"
    assert fleet.clock.slept == []


async def test_one_process_takes_over_from_a_killed_holder_after_the_lease(fleet):
    await fleet.store.acquire(KEY, "killed", LEASE_SECONDS)
    began = fleet.clock.monotonic
    processes = [fleet.start() for _ in range(5)]
    await get_from_all(processes[:1])
    assert LEASE_SECONDS <= fleet.clock.monotonic - began < MAX_WAIT_SECONDS
    await get_from_all(processes[1:])
    assert fleet.endpoint.posts == 1


async def test_process_exchanges_by_itself_if_the_lease_is_always_held(fleet):
    await fleet.store.acquire(KEY, "stuck", 3_600)
    began = fleet.clock.monotonic
    process = fleet.start()
    await process.cache.get()
    assert fleet.clock.monotonic - began <= MAX_WAIT_SECONDS + 0.5
    assert fleet.endpoint.posts == 1
    assert process.counters.read().store_errors == 1


async def test_lease_that_ended_during_the_exchange_stores_nothing_and_the_token_is_used(fleet):
    process = fleet.start()
    fleet.endpoint.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(process.cache.get)
        while fleet.endpoint.posts == 0:
            await anyio.sleep(0)
        fleet.clock.advance(LEASE_SECONDS + 1)
        fleet.endpoint.gate.set()
    assert process.cache.cached_token() is not None
    assert fleet.store.entry.generation == 0


# Rejected tokens


async def test_token_that_50_processes_reject_is_replaced_by_one_exchange(fleet):
    processes = [fleet.start() for _ in range(50)]
    tokens = await get_from_all(processes)
    fleet.clock.advance(60)
    for process, token in zip(processes, tokens, strict=True):
        own = process.cache.cached_token()
        assert own.access_token == token.access_token
        assert process.cache.reject(own.headers)
    replaced = await get_from_all(processes)
    assert {token.access_token for token in replaced} == {"at_test_2"}
    assert fleet.endpoint.posts == 2


async def test_late_rejection_does_not_remove_the_successor_from_the_store(fleet):
    first, late = fleet.start(), fleet.start()
    await get_from_all([first, late])
    fleet.clock.advance(60)
    first.cache.reject(first.cache.cached_token().headers)
    await first.cache.get()
    late.cache.reject(late.cache.cached_token().headers)
    assert (await late.cache.get()).access_token == "at_test_2"
    assert "discard" not in fleet.store.operations[-1:]
    assert fleet.endpoint.posts == 2


async def test_rejected_token_is_not_taken_again_after_the_store_failed_to_discard_it(fleet):
    process = fleet.start()
    await process.cache.get()
    fleet.clock.advance(60)
    process.cache.reject(process.cache.cached_token().headers)
    fleet.store.failures["discard"] = OSError()
    assert (await process.cache.get()).access_token == "at_test_2"


# Secrets


async def test_client_secret_from_a_function_is_read_once_for_each_attempt(fleet):
    reads = []

    async def read_secret():
        reads.append(1)
        return "csec_test_shared"

    await fleet.start(read_secret).cache.get()
    await fleet.start(read_secret).cache.get()
    assert len(reads) == 2
    assert fleet.endpoint.posts == 1


async def test_failure_of_the_secret_function_is_raised(fleet):
    def fail():
        raise OSError

    with pytest.raises(ClientSecretError):
        await fleet.start(fail).cache.get()
    assert fleet.store.operations == []


async def test_rotated_secret_misses_without_an_error(fleet):
    await fleet.start("csec_test_old").cache.get()
    rotated = fleet.start("csec_test_new")
    assert (await rotated.cache.get()).access_token == "at_test_2"
    assert rotated.counters.read().store_errors == 0
    assert rotated.counters.read().store_misses == 1


def test_store_key_depends_on_the_address_and_the_client_and_shows_neither():
    keys = {build_store_key(url, name) for url in ("https://a.test", "https://b.test") for name in ("cid_1", "cid_2")}
    assert len(keys) == 4
    assert not [key for key in keys if "cid" in key or "test" in key or len(key) > 100]
