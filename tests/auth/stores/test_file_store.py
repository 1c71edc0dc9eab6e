"""Token files: permissions, damage, clocks, and operations that were cancelled."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from filelock import FileLock

from duro import FileTokenStore
from duro.auth.stores.file_entry import FileEntry, FileTimer, MachineClock
from duro.auth.stores.protocol import TokenStore, TokenStoreError
from duro.auth.token import ClockReading

pytestmark = pytest.mark.anyio

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has access control lists")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tokens"


@pytest.fixture
def store(folder, clock):
    store = FileTokenStore(folder)
    store._clock, store._boot = clock.as_clock, "boot 1"
    return store


async def write(store, payload=b"payload", seconds=100.0):
    assert await store.acquire("key", "owner", 10)
    return await store.write("key", "owner", payload, seconds)


async def test_it_has_the_methods_of_a_store(store):
    assert isinstance(store, TokenStore)


async def test_token_ends_after_its_seconds(store, clock):
    assert await write(store) == 1
    clock.advance(40)
    stored = await store.read("key")
    assert (stored.payload, stored.generation, stored.remaining) == (b"payload", 1, 60)
    clock.advance(60)
    assert await store.read("key") is None


async def test_generation_grows_after_a_token_ended_or_was_discarded(store, clock):
    assert await write(store) == 1
    assert await store.discard("key", 1)
    assert await store.read("key") is None
    assert await write(store) == 2
    clock.advance(1_000)
    assert await write(store) == 3


async def test_discard_keeps_the_successor(store):
    await write(store)
    await write(store, b"successor")
    assert not await store.discard("key", 1)
    assert (await store.read("key")).payload == b"successor"


async def test_lease_excludes_others_until_it_ends(store, clock):
    assert await store.acquire("key", "first", 10)
    assert not await store.acquire("key", "second", 10)
    clock.advance(10)
    assert await store.acquire("key", "second", 10)
    assert await store.write("key", "first", b"late", 100) is None
    assert await store.read("key") is None


async def test_only_its_owner_releases_a_lease(store):
    assert await store.acquire("key", "first", 10)
    await store.release("key", "second")
    assert not await store.acquire("key", "second", 10)
    await store.release("key", "first")
    assert await store.acquire("key", "second", 10)


@posix_only
async def test_folder_and_files_are_for_this_user_only(store, folder):
    previous = os.umask(0)
    try:
        await write(store)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


@posix_only
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
async def test_folder_that_others_can_write_to_is_not_used(store, folder, mode):
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(TokenStoreError, match="is writable for other users; set its mode to 0700"):
        await store.acquire("key", "owner", 10)
    assert list(folder.iterdir()) == []


@posix_only
async def test_folder_of_another_user_is_not_used(store, folder, monkeypatch):
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(TokenStoreError, match="belongs to another user"):
        await store.acquire("key", "owner", 10)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 300, b"{", b"[]", b"null", b'{"format": 2}', b"\xff" * 9, b"[" * 100_000],
    ids=["empty", "zeros", "cut", "list", "null", "other format", "binary", "deep"],
)
async def test_damaged_file_is_returned_for_rejection_and_replaced(store, folder, content):
    await write(store)
    (folder / "key").write_bytes(content)
    stored = await store.read("key")
    assert content.startswith(stored.payload)
    assert not stored.payload.startswith(b"\x01")
    assert await write(store, b"new") is not None
    assert (await store.read("key")).payload == b"new"


async def test_each_cut_of_a_file_is_safe(clock):
    now = MachineClock("boot", ClockReading(1.0, 2.0))
    entry = FileEntry(3, b"\x01payload", FileTimer(now, 5.0), "owner", FileTimer(now, 5.0))
    content = entry.to_bytes()
    assert FileEntry.from_bytes(content, now) == entry
    for length in range(len(content)):
        assert FileEntry.from_bytes(content[:length], now).payload == content[:length]


@pytest.mark.parametrize(
    "values", ['["boot", 1, 2]', '["boot", 1, 2, "3"]', "[1, 1, 2, 3]", "5", '["boot", 1, 2, NaN]']
)
async def test_malformed_time_limit_is_damage(values):
    now = MachineClock("boot", ClockReading(1.0, 2.0))
    content = f'{{"format": 1, "generation": 1, "payload": "AQ==", "owner": "", "lifetime": {values}}}'.encode()
    assert FileEntry.from_bytes(content, now).payload == content


async def test_token_and_lease_end_at_a_boot(store, clock):
    await write(store)
    await store.acquire("key", "owner", 10)
    store._boot = "boot 2"
    assert await store.read("key") is None
    assert await store.acquire("key", "second", 10)


async def test_token_ends_after_a_boot_that_changes_no_identifier(store, clock):
    """Only Linux has an identifier of the boot. The monotonic clock restarts everywhere."""
    await write(store)
    clock.monotonic -= 500
    assert await store.read("key") is None


async def test_sleep_of_the_machine_counts(store, clock):
    """The monotonic clock stops during the sleep of a laptop, and the wall clock goes on."""
    await write(store)
    clock.wall += 1_000
    assert await store.read("key") is None


async def test_wall_clock_that_was_set_back_does_not_extend_a_token(store, clock):
    await write(store)
    clock.wall -= 100_000
    clock.advance(100)
    assert await store.read("key") is None


async def test_cancelled_acquire_does_not_leave_a_lease(store, folder):
    """Another process holds the lock. The operation is cancelled, and its thread gets the lock afterwards."""
    await write(store)
    with FileLock(folder / "key.lock"):
        with anyio.move_on_after(0.05):
            await store.acquire("key", "cancelled", 10)
    lock = FileLock(folder / "key.lock", timeout=5)
    await anyio.to_thread.run_sync(lock.acquire)
    lock.release()
    assert b"cancelled" not in (folder / "key").read_bytes()


async def test_lock_that_is_never_free_raises(store, folder, monkeypatch):
    monkeypatch.setattr("duro.auth.stores.file.LOCK_SECONDS", 0.0)
    await write(store)
    with FileLock(folder / "key.lock"), pytest.raises(TimeoutError):
        await store.acquire("key", "owner", 10)


async def test_processes_that_see_a_lease_do_not_wait_for_the_lock(store, folder):
    assert await store.acquire("key", "holder", 10)
    with FileLock(folder / "key.lock"):
        assert not await store.acquire("key", "other", 10)
        assert await store.read("key") is None


def test_one_of_many_threads_gets_the_lease(folder):
    store = FileTokenStore(folder)

    def acquire(number):
        return anyio.run(store.acquire, "key", f"owner {number}", 10.0)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(acquire, range(40))) == 1


async def test_file_that_cannot_be_replaced_is_an_error_and_leaves_the_token(store, folder, monkeypatch):
    await write(store, b"first")

    def refuse(*_):
        raise PermissionError("in use")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(PermissionError):
        await store.acquire("key", "other", 10)
    monkeypatch.undo()
    assert (await store.read("key")).payload == b"first"
