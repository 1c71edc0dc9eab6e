"""Failures of a token store: calls go on, with one warning per outage, and the store is left alone for a while."""

from __future__ import annotations

import itertools
import logging
from contextlib import nullcontext

import anyio
import pytest

from duro import TokenEndpointUnavailableError
from duro.auth import shared_exchange
from duro.auth.stores.protocol import StoredToken
from tests.auth.stores.conftest import KEY

pytestmark = pytest.mark.anyio

OPERATIONS = ["read", "acquire", "write"]


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_process_exchanges_by_itself_if_an_operation_fails(fleet, operation, caplog):
    fleet.store.failures[operation] = RuntimeError("redis://user:password@host")
    process = fleet.start()
    assert (await process.cache.get()).access_token == "at_test_1"
    assert process.counters.read().store_errors == 1
    assert process.counters.exchanges == 1
    assert len(warnings(caplog)) == 1
    assert "RuntimeError" in caplog.text
    assert "password" not in caplog.text


def test_time_limits_delay_a_call_by_less_than_250_ms():
    assert shared_exchange.SECONDS_BEFORE_EXCHANGE + shared_exchange.SECONDS_AFTER_EXCHANGE < 0.25


@pytest.mark.parametrize(
    ("hanging", "operations"),
    [
        ("read", ["read"]),
        ("acquire", ["read", "acquire", "write"]),
        ("write", ["read", "acquire", "read", "write"]),
    ],
)
async def test_store_that_hangs_is_waited_for_once_and_for_its_time_limit(fleet, hanging, operations, monkeypatch):
    """The time limit is one of the event loop. It is short here, and the test hangs without it."""
    monkeypatch.setattr(shared_exchange, "SECONDS_BEFORE_EXCHANGE", 10.0 if hanging == "write" else 0.01)
    monkeypatch.setattr(shared_exchange, "SECONDS_AFTER_EXCHANGE", 0.01 if hanging == "write" else 10.0)
    fleet.store.hanging = {hanging}
    process = fleet.start()
    await process.cache.get()
    assert fleet.store.operations == operations
    assert process.counters.read().store_errors == 1


async def test_time_of_all_operations_before_an_exchange_counts_together(fleet, monkeypatch):
    """Each operation takes 100 ms by the clock, so that the third one is cut off. The write has time of its own."""
    original = fleet.store._begin

    async def begin(operation):
        await original(operation)
        fleet.clock.advance(0.1)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(fleet.store, "_begin", begin)
    process = fleet.start()
    await process.cache.get()
    assert fleet.store.operations == ["read", "acquire", "read", "write"]
    assert process.counters.read().store_errors == 1
    assert fleet.store.entry.generation == 1


@pytest.mark.parametrize("fails", [True, False])
async def test_lease_that_was_granted_without_a_response_does_not_stay_behind(fleet, fails, monkeypatch):
    acquire = fleet.store.acquire

    async def acquire_without_response(*arguments):
        await acquire(*arguments)
        raise ConnectionResetError

    monkeypatch.setattr(fleet.store, "acquire", acquire_without_response)
    fleet.endpoint.failing = [503] if fails else []
    with pytest.raises(TokenEndpointUnavailableError) if fails else nullcontext():
        await fleet.start().cache.get()
    monkeypatch.undo()
    await fleet.start().cache.get()
    assert fleet.clock.slept == []
    assert fleet.endpoint.posts == (2 if fails else 1)


async def test_failing_store_is_left_alone_for_a_time_that_doubles(fleet):
    fleet.store.always_fails = OSError()
    process = fleet.start()
    trials = []
    for second in range(100):
        before = len(fleet.store.operations)
        await process.shared()
        if len(fleet.store.operations) > before:
            trials.append(second)
        fleet.clock.advance(1)
    # The draw of the test's clock makes each pause a quarter longer: 1.25, 2.5, 5, 10, 20, 37.5 and 37.5 seconds.
    assert trials == [0, 2, 5, 10, 20, 40, 78]
    assert process.counters.exchanges == 100


async def test_outage_is_logged_once_with_its_end(fleet, caplog):
    caplog.set_level(logging.INFO, "duro.auth")
    process = fleet.start()
    fleet.store.always_fails = OSError()
    for _ in range(5):
        await process.shared()
        fleet.clock.advance(60)
    assert len(warnings(caplog)) == 1
    fleet.store.always_fails = None
    await process.shared()
    assert "the token store works again" in caplog.messages
    fleet.store.always_fails = OSError()
    fleet.clock.advance(3_600)
    await process.shared()
    assert len(warnings(caplog)) == 2


@pytest.mark.parametrize("operation", ["acquire", "write"])
async def test_store_that_fails_in_one_operation_has_one_outage(fleet, operation, caplog):
    """A server that is full, for example, executes all operations except those that store something."""
    caplog.set_level(logging.INFO, "duro.auth")
    fleet.store.failures[operation] = OSError()
    process = fleet.start()
    for _ in range(5):
        await process.shared()
        fleet.clock.advance(60)
    assert len(warnings(caplog)) == 1
    del fleet.store.failures[operation]
    fleet.store.entry.lease_ends_at = 0.0
    await process.shared()
    assert caplog.messages[-1] == "the token store works again"


async def test_refreshes_are_spread_while_the_store_is_down(fleet, monkeypatch):
    """100 processes share one token. Each draws its own soft limit, so they do not refresh together."""
    draws = itertools.cycle(range(100))
    monkeypatch.setattr(type(fleet.clock), "uniform", lambda _, low, high: low + (high - low) * next(draws) / 99)
    tokens = [await fleet.start().cache.get() for _ in range(100)]
    assert len({token.access_token for token in tokens}) == 1
    limits = sorted(token.soft_limit for token in tokens)
    assert limits[-1] - limits[0] > 140
    assert max(limits.count(limit) for limit in limits) <= 5


# Values


@pytest.mark.parametrize(
    "payload",
    [b"", b"garbage", b"\x02" + b"x" * 80, b"\x01", b"\x01" + b"x" * 10, b"{}"],
    ids=["empty", "garbage", "other version", "version only", "short", "JSON"],
)
async def test_invalid_value_is_counted_and_replaced(fleet, payload, caplog):
    entry = fleet.store.entry
    entry.payload, entry.generation, entry.expires_at = payload, 7, fleet.clock.monotonic + 100
    process = fleet.start()
    assert (await process.cache.get()).access_token == "at_test_1"
    assert process.counters.read().store_errors >= 1
    assert len(warnings(caplog)) == 1
    assert fleet.store.entry.generation == 8
    assert (await fleet.start().cache.get()).access_token == "at_test_1"


@pytest.mark.parametrize("position", [9, 20, 30, -1], ids=["nonce", "nonce's end", "ciphertext", "tag"])
async def test_tampered_value_is_counted_and_replaced(fleet, position):
    await fleet.start().cache.get()
    changed = bytearray(fleet.store.entry.payload)
    changed[position] ^= 1
    fleet.store.entry.payload = bytes(changed)
    process = fleet.start()
    assert (await process.cache.get()).access_token == "at_test_2"
    assert process.counters.read().store_errors >= 1


async def test_value_that_was_copied_from_another_key_is_rejected(fleet):
    await fleet.start().cache.get()
    stored = await fleet.store.read(KEY)
    other = fleet.start()
    other.shared._key = "duro-token-1-other"
    fleet.store.value = stored
    assert (await other.cache.get()).access_token == "at_test_2"


@pytest.mark.parametrize(
    "value", ["token", 3, StoredToken("text", 1, 5.0), StoredToken(b"", 1, None)], ids=["text", "number", "str", "None"]
)
async def test_store_that_returns_another_type_has_failed(fleet, value):
    fleet.store.value = value
    process = fleet.start()
    assert (await process.cache.get()).access_token == "at_test_1"
    assert process.counters.read().store_errors == 1


async def test_closed_guard_does_not_use_the_store(fleet):
    process = fleet.start()
    await process.guard.aclose()
    await process.shared()
    assert fleet.store.operations == []
    assert process.counters.store_errors == 0
