"""Inboxes: each event is handled once."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from duro import ConfigurationError
from duro.webhooks import ClaimStatus, Inbox, MemoryInbox, SQLiteInbox
from duro.webhooks.inbox.base import RETRY_SPAN_SECONDS

DAY = 24 * 3600


async def claim_and_complete(inbox, event):
    """Claim an event, complete the claim, and return its status."""
    async with inbox.claim(event) as claim:
        assert bool(claim) is (claim.status is ClaimStatus.CLAIMED)
        return claim.status


async def fail(inbox, event, before=None):
    """Claim an event, and fail to handle it."""
    async with inbox.claim(event):
        if before:
            await before()
        raise LookupError


@pytest.mark.anyio
class TestEveryInbox:
    async def test_accepts_an_event_the_first_time_only(self, inbox, make_event):
        assert [await inbox.accept(make_event()) for _ in range(3)] == [True, False, False]
        assert await inbox.accept(make_event(number=2))

    async def test_forgotten_event_is_accepted_again(self, inbox, make_event):
        await inbox.accept(make_event())
        await inbox.forget(make_event())
        assert await inbox.accept(make_event())
        await inbox.forget(make_event(number=404))

    async def test_handler_that_fails_releases_its_claim(self, inbox, make_event):
        with pytest.raises(LookupError):
            await fail(inbox, make_event())
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.CLAIMED
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.HANDLED

    async def test_handler_that_is_cancelled_releases_its_claim(self, inbox, make_event):
        with anyio.CancelScope() as scope:
            async with inbox.claim(make_event()):
                scope.cancel()
                await anyio.sleep_forever()
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.CLAIMED

    async def test_claimed_event_is_in_progress_for_others(self, inbox, make_event):
        async with inbox.claim(make_event()) as claim:
            assert claim.status is ClaimStatus.CLAIMED
            assert await claim_and_complete(inbox, make_event()) is ClaimStatus.IN_PROGRESS
            assert not await inbox.accept(make_event())
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.HANDLED

    async def test_failure_of_a_repeat_keeps_the_claim(self, inbox, make_event):
        async with inbox.claim(make_event()):
            with pytest.raises(LookupError):
                await fail(inbox, make_event())
            assert await claim_and_complete(inbox, make_event()) is ClaimStatus.IN_PROGRESS

    async def test_claim_of_a_crashed_worker_expires(self, inbox, time, make_event):
        assert await inbox.acquire("evt_1", "crashed") is ClaimStatus.CLAIMED
        time.now += 299
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.IN_PROGRESS
        time.now += 1
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.CLAIMED

    async def test_lease_can_be_set(self, make_inbox, time):
        inbox = make_inbox(lease=10)
        await inbox.acquire("evt_1", "crashed")
        time.now += 10
        assert await inbox.acquire("evt_1", "another") is ClaimStatus.CLAIMED

    async def test_late_end_of_a_replaced_claim_is_logged(self, inbox, time, make_event, caplog):
        with caplog.at_level(logging.WARNING, "duro.webhooks"):
            async with inbox.claim(make_event()):
                time.now += 300
                assert await claim_and_complete(inbox, make_event()) is ClaimStatus.CLAIMED
        assert "evt_1" in caplog.text
        assert "increase the inbox's lease" in caplog.text
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.HANDLED

    async def test_late_failure_keeps_the_claim_that_replaced_it(self, inbox, time, make_event):
        async def lose_claim():
            time.now += 300
            assert await inbox.acquire("evt_1", "another") is ClaimStatus.CLAIMED

        with pytest.raises(LookupError):
            await fail(inbox, make_event(), before=lose_claim)
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.IN_PROGRESS

    async def test_late_end_of_an_expired_claim_completes_it(self, inbox, time, make_event, caplog):
        async with inbox.claim(make_event()):
            time.now += DAY
            await claim_and_complete(inbox, make_event(number=2))  # sweeps
        assert not caplog.records
        assert await claim_and_complete(inbox, make_event()) is ClaimStatus.HANDLED

    async def test_handled_event_is_remembered_longer_than_duro_repeats_it(self, inbox, time, make_event):
        await inbox.accept(make_event())
        time.now += RETRY_SPAN_SECONDS + DAY
        assert not await inbox.accept(make_event())
        time.now += 7 * DAY
        assert await inbox.accept(make_event())

    async def test_one_of_many_concurrent_claims_succeeds(self, inbox, make_event):
        statuses = []

        async def deliver():
            async with inbox.claim(make_event()) as claim:
                statuses.append(claim.status)
                await anyio.sleep(0)

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(deliver)
        assert statuses.count(ClaimStatus.CLAIMED) == 1

    async def test_size_is_bounded_by_the_retention(self, make_inbox, time, make_event, tmp_path):
        inbox = make_inbox(retention=2 * DAY)
        for number in range(100):
            await inbox.accept(make_event(number=number))
            time.now += DAY / 10
        if isinstance(inbox, MemoryInbox):
            size = len(inbox._entries)
        else:
            with closing(sqlite3.connect(tmp_path / "inbox.db")) as connection:
                ((size,),) = connection.execute("SELECT count(*) FROM duro_inbox")
        assert 20 <= size <= 22


@pytest.mark.anyio
class TestSQLiteInbox:
    async def test_two_inboxes_share_a_file(self, tmp_path, make_event):
        with SQLiteInbox(tmp_path / "inbox.db") as one, SQLiteInbox(str(tmp_path / "inbox.db")) as other:
            assert await one.accept(make_event())
            assert not await other.accept(make_event())

    async def test_entries_outlive_the_inbox(self, tmp_path, make_event):
        for expected in (True, False):
            with SQLiteInbox(tmp_path / "inbox.db") as inbox:
                assert await inbox.accept(make_event()) is expected

    async def test_closed_inbox_reopens(self, tmp_path, make_event):
        with SQLiteInbox(tmp_path / "inbox.db") as inbox:
            await inbox.accept(make_event())
            inbox.close()
            assert not await inbox.accept(make_event())
        inbox.close()

    async def test_file_is_created_at_first_use(self, tmp_path):
        SQLiteInbox(tmp_path / "inbox.db").close()
        assert not list(tmp_path.iterdir())

    async def test_unusable_file_raises(self, tmp_path, make_event):
        inbox = SQLiteInbox(tmp_path / "no-such-folder" / "inbox.db")
        with pytest.raises(sqlite3.OperationalError):
            await inbox.accept(make_event())
        (tmp_path / "other").write_bytes(b"not a database" * 100)
        with pytest.raises(sqlite3.DatabaseError):
            await SQLiteInbox(tmp_path / "other").accept(make_event())

    async def test_forked_child_opens_its_own_connection(self, tmp_path, make_event):
        with SQLiteInbox(tmp_path / "inbox.db") as inbox:
            await inbox.accept(make_event())
            inherited = inbox._database._open
            inbox._database._pid = os.getpid() - 1  # as in a forked child
            assert not await inbox.accept(make_event())
            assert inbox._database._open is not inherited
            assert inherited.execute("SELECT 1").fetchone() == (1,)  # neither used nor closed
            inherited.close()


@pytest.mark.parametrize("path", ["", ":memory:", None, 5])
def test_path_must_be_a_file_path(path):
    with pytest.raises(ConfigurationError, match="MemoryInbox"):
        SQLiteInbox(path)


@pytest.mark.parametrize("kind", [MemoryInbox, lambda **options: SQLiteInbox(Path("inbox.db"), **options)])
@pytest.mark.parametrize(
    "options",
    [
        {"lease": 0},
        {"lease": -1},
        {"lease": True},
        {"lease": "5"},
        {"lease": float("nan")},
        {"lease": RETRY_SPAN_SECONDS + 1},
        {"retention": RETRY_SPAN_SECONDS - 1},
        {"retention": 0},
        {"retention": None},
        {"retention": float("inf")},
        {"retention": float("nan")},
        {"lease": 10**5_000},
        {"retention": 10**5_000},
    ],
)
def test_times_out_of_range_are_rejected(kind, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        kind(**options)


def test_retry_span_is_that_of_the_contract():
    """Retries follow after 1m, 5m, 30m, 2h, 6h and 24h."""
    assert RETRY_SPAN_SECONDS == 60 + 300 + 1800 + 7200 + 21_600 + 86_400


def test_only_claimed_is_true():
    assert [bool(status) for status in ClaimStatus] == [True, False, False]


def test_subclass_implements_three_steps():
    assert {"acquire", "complete", "release"} == Inbox.__abstractmethods__
