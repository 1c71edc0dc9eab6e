"""Memory store: a lease that another owner holds, rejected generations, and forks."""

from __future__ import annotations

import os

import pytest

from duro import MemoryTokenStore

pytestmark = pytest.mark.anyio


async def test_only_the_owner_releases_its_lease():
    store = MemoryTokenStore()
    assert await store.acquire("key", "owner", 60)
    await store.release("key", "other")
    assert not await store.acquire("key", "other", 60)
    await store.release("key", "owner")
    assert await store.acquire("key", "other", 60)


async def test_only_the_rejected_generation_is_discarded():
    store = MemoryTokenStore()
    await store.acquire("key", "owner", 60)
    generation = await store.write("key", "owner", b"payload", 60)
    assert not await store.discard("key", generation - 1)
    assert (await store.read("key")).payload == b"payload"
    assert await store.discard("key", generation)
    assert not await store.discard("key", generation)
    assert await store.read("key") is None


async def test_a_lock_that_was_held_during_a_fork_is_replaced(monkeypatch):
    store = MemoryTokenStore()
    store._lock.acquire()
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as in a forked child
    assert await store.read("key") is None
