"""Content of Redis: nothing usable in a dump, and values that were changed or exchanged are rejected and counted."""

from __future__ import annotations

import pytest

from duro import AsyncDuro
from duro.auth import shared_exchange
from tests.support.redis_servers import RedisServer

pytestmark = [pytest.mark.fleet, pytest.mark.anyio]


@pytest.fixture(autouse=True)
def _extended_limits(monkeypatch):
    """Extend the time for the store, which may not suffice on a machine with other work. These tests count."""
    monkeypatch.setattr(shared_exchange, "SECONDS_BEFORE_EXCHANGE", 10.0)


@pytest.fixture
def server():
    """Start a server that does not compress its dump, in which a secret could otherwise be missed."""
    with RedisServer("rdbcompression no") as running:
        yield running


async def call(server, **options):
    """Make one call with a new client, and return its counters and its token."""
    async with AsyncDuro(token_store=server.url, **options) as client:
        await client.request("GET", "/v1/plans")
        return client.token_store_counters, (await client.token()).access_token


def read_tokens(client):
    return {name: client.get(name) for name in client.scan_iter("duro:token:*")}


async def test_dump_contains_neither_token_nor_secret(sandbox, server):
    _, token = await call(server, **sandbox.options)
    assert token.startswith("at_test_")
    with server.connect() as client:
        client.save()
        names = [*client.scan_iter()]
        dump = b"\n".join([*names, *map(client.get, names), (server.directory / "dump.rdb").read_bytes()])
    assert dump.count(b"duro:token:") == 2, "the name and the dump"
    for secret in (token, token[8:], "at_test", sandbox.options["client_secret"], sandbox.options["client_id"]):
        assert secret.encode() not in dump


@pytest.mark.parametrize("position", [0, 20, -1])
async def test_changed_value_is_rejected_counted_and_replaced(sandbox, server, position):
    await call(server, **sandbox.options)
    with server.connect() as client:
        ((name, value),) = read_tokens(client).items()
        generation, _, payload = value.partition(b":")
        changed = bytearray(payload)
        changed[position] ^= 1
        client.set(name, generation + b":" + bytes(changed), keepttl=True)
        counters, token = await call(server, **sandbox.options)
        assert counters.exchanges == 1
        assert counters.store_errors == 2, "one for each read, before and after the lease"
        assert read_tokens(client)[name] != generation + b":" + bytes(changed)
    assert (await call(server, **sandbox.options))[1] == token


async def test_value_of_another_key_is_rejected_counted_and_replaced(sandbox, server):
    other = {**sandbox.options, "base_url": sandbox.options["base_url"].replace("127.0.0.1", "localhost")}
    await call(server, **sandbox.options)
    await call(server, **other)
    with server.connect() as client:
        (one, first), (two, second) = read_tokens(client).items()
        client.mset({one: second, two: first})
        for name in (one, two):
            client.expire(name, 3600)
    for options in (sandbox.options, other):
        counters, _ = await call(server, **options)
        assert (counters.store_errors, counters.exchanges) == (2, 1)
