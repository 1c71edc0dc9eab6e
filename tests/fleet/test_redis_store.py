"""Redis token store on real servers, on asyncio and trio."""

from __future__ import annotations

import gc
import logging
import os
import time

import anyio
import pytest

from duro.auth.stores import TokenStoreError
from duro.auth.stores.redis import open_redis_store
from tests.support.redis_servers import wait_until
from tests.support.timeouts import TIMEOUT

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(2 * TIMEOUT),
]


@pytest.fixture
def key():
    return os.urandom(16).hex()


async def check_protocol(store, key):
    assert await store.read(key) is None
    assert await store.acquire(key, "first", 60)
    assert await store.acquire(key, "first", 60), "the response to the first attempt may have been lost"
    assert not await store.acquire(key, "second", 60)
    assert await store.write(key, "second", b"not stored", 60) is None
    first = await store.write(key, "first", b"\x00:\xff", 60)
    stored = await store.read(key)
    assert (stored.payload, stored.generation) == (b"\x00:\xff", first)
    assert 0 < stored.remaining <= 60
    assert await store.acquire(key, "second", 60), "the write released the lease"
    second = await store.write(key, "second", b"next", 60)
    assert second > first
    assert not await store.discard(key, first)
    assert await store.discard(key, second)
    assert not await store.discard(key, second)
    assert await store.read(key) is None
    assert await store.acquire(key, "third", 60)
    await store.release(key, "second")
    assert not await store.acquire(key, "fourth", 60)
    await store.release(key, "third")
    assert await store.acquire(key, "fourth", 60)
    assert await store.write(key, "fourth", b"last", 60) > second


async def use(url, key):
    store = open_redis_store(url)
    try:
        await check_protocol(store, key)
    finally:
        await store.aclose()
        await store.aclose()


async def test_store_keeps_the_protocol(server, key):
    await use(server.url, key)


async def test_store_keeps_the_protocol_on_a_cluster(cluster, key):
    for number in range(4):
        await use(cluster.url, f"{key}{number}")


async def test_store_keeps_the_protocol_over_tls_as_a_user_with_few_rights(secured_server, key):
    await use(secured_server.url_of("duro", "open-sesame"), key)


async def test_store_uses_the_password_of_the_default_user(secured_server, key):
    await use(secured_server.url_of("", "admin-password"), key)


async def test_store_keeps_the_protocol_with_sentinels_over_tls_and_with_passwords(secured_sentinel_url, key):
    await use(secured_sentinel_url, key)


async def test_wrong_password_is_an_error_without_the_password(secured_server, key):
    store = open_redis_store(secured_server.url_of("duro", "wrong-password"))
    with pytest.raises(TokenStoreError, match="invalid username-password") as caught:
        await store.read(key)
    assert "wrong-password" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    await store.aclose()


async def test_unknown_certificate_is_an_error(secured_server, key):
    store = open_redis_store(secured_server.url_of("duro", "open-sesame").partition("?")[0])
    with pytest.raises(TokenStoreError):
        await store.read(key)
    await store.aclose()


async def test_token_and_lease_end_by_themselves(server, key):
    store = open_redis_store(server.url)
    assert await store.acquire(key, "killed", 0.05)
    with anyio.fail_after(TIMEOUT):
        while not await store.acquire(key, "next", 60):
            await anyio.sleep(0.01)
    assert await store.write(key, "killed", b"late", 60) is None
    await store.write(key, "next", b"short", 0.05)
    with anyio.fail_after(TIMEOUT):
        while await store.read(key):
            await anyio.sleep(0.01)
    await store.aclose()


@pytest.mark.parametrize("value", [b"garbage", b"", b"1", b"x:payload"])
async def test_foreign_value_has_generation_0_and_is_replaced(server, key, value):
    store = open_redis_store(server.url)
    with server.connect() as client:
        client.set(f"duro:token:{{{key}}}", value)
    stored = await store.read(key)
    assert (stored.payload, stored.generation, stored.remaining) == (value, 0, 0.0)
    await store.acquire(key, "owner", 60)
    await store.write(key, "owner", b"good", 60)
    assert (await store.read(key)).payload == b"good"
    await store.aclose()


async def test_value_of_another_type_is_no_token_and_is_replaced(server, key):
    store = open_redis_store(server.url)
    with server.connect() as client:
        client.rpush(f"duro:token:{{{key}}}", "item")
    assert await store.read(key) is None
    assert not await store.discard(key, 1)
    await store.acquire(key, "owner", 60)
    await store.write(key, "owner", b"good", 60)
    assert (await store.read(key)).payload == b"good"
    await store.aclose()


async def test_concurrent_commands_use_one_connection(server, key):
    store = open_redis_store(server.url)
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(store.read, key)
    with server.connect() as client:
        assert sum(each["name"] == "duro" for each in client.client_list()) == 1
    await store.aclose()
    with server.connect() as client:
        wait_until(lambda: not any(each["name"] == "duro" for each in client.client_list()))


async def test_cancelled_commands_leave_no_response_for_the_next_one(redis_server, key):
    """More commands are cancelled than a pool has connections, while they connect and while they wait."""
    store = open_redis_store(redis_server.url)
    await store.acquire(key, "owner", 60)
    for _ in range(10):
        redis_server.pause()
        with anyio.move_on_after(0.02):
            await store.acquire(key, "another", 60)
        redis_server.resume()
        with anyio.fail_after(TIMEOUT):
            assert await store.read(key) is None
    assert await store.write(key, "owner", b"payload", 60)
    assert (await store.read(key)).payload == b"payload"
    await store.aclose()


async def test_paused_server_costs_one_time_limit_and_the_store_then_works_again(redis_server, key):
    store = open_redis_store(redis_server.url)
    await store.read(key)
    redis_server.pause()
    with pytest.raises(TokenStoreError, match="did not respond in time"):
        await store.read(key)
    redis_server.resume()
    assert await store.read(key) is None
    await store.aclose()


async def test_store_works_again_after_each_restart(redis_server, key, caplog):
    caplog.set_level(logging.DEBUG)
    store = open_redis_store(redis_server.url)
    for _ in range(3):
        assert await store.acquire(key, os.urandom(8).hex(), 60)
        redis_server.kill()
        with pytest.raises(TokenStoreError):
            await store.read(key)
        redis_server.start()
        assert await store.read(key) is None
    await store.aclose()
    gc.collect()
    assert not [record for record in caplog.records if record.name.startswith("coredis")]


async def test_store_follows_a_failover(sentinels, key):
    store = open_redis_store(sentinels.url)
    assert await store.acquire(key, "owner", 60)
    await anyio.to_thread.run_sync(sentinels.fail_over)
    until = time.monotonic() + TIMEOUT
    while True:
        try:
            assert await store.acquire(key, "owner", 60)
            break
        except TokenStoreError:
            assert time.monotonic() < until
            await anyio.sleep(0.05)
    assert await store.write(key, "owner", b"payload", 60)
    with sentinels.replica.connect() as client:
        assert client.exists(f"duro:token:{{{key}}}")
    await store.aclose()
