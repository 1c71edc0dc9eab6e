"""Each event is handled once, whichever inbox remembers it."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from duro import ConfigurationError
from duro.webhooks import BlockingInbox, Inbox, MemoryInbox, SQLiteInbox, Standing
from duro.webhooks.inbox.base import LAST_RETRY

DAY = 24 * 3600


@pytest.fixture(params=["memory", "sqlite"])
def make_inbox(request, time, tmp_path):
    """Make inboxes that share what they remember, as far as their kind does."""
    made = []

    def make(**options):
        options = {"clock": time.clock, **options}
        made.append(
            MemoryInbox(**options) if request.param == "memory" else SQLiteInbox(tmp_path / "inbox.db", **options)
        )
        return made[-1]

    yield make
    for inbox in made:
        if isinstance(inbox, SQLiteInbox):
            inbox.close()


@pytest.fixture
def inbox(make_inbox):
    return make_inbox()


async def stand(inbox, event):
    """Ask how an event stands, and claim it for good if it is the first."""
    async with inbox.claim(event) as standing:
        return standing


async def fail(inbox, event, before=None):
    """Claim an event, and fail at handling it."""
    async with inbox.claim(event):
        if before:
            await before()
        raise LookupError


@pytest.mark.anyio
class TestEachKind:
    async def test_accepts_an_event_the_first_time_only(self, inbox, make_event):
        assert [await inbox.accept(make_event()) for _ in range(3)] == [True, False, False]
        assert await inbox.accept(make_event(number=2))

    async def test_released_event_is_the_first_again(self, inbox, make_event):
        await inbox.accept(make_event())
        await inbox.release(make_event())
        assert await inbox.accept(make_event())
        await inbox.release(make_event(number=404))

    async def test_handler_that_fails_releases_its_claim(self, inbox, make_event):
        with pytest.raises(LookupError):
            await fail(inbox, make_event())
        assert await stand(inbox, make_event()) is Standing.FIRST
        assert await stand(inbox, make_event()) is Standing.HANDLED

    async def test_handler_that_is_cancelled_releases_its_claim(self, inbox, make_event):
        with anyio.CancelScope() as scope:
            async with inbox.claim(make_event()):
                scope.cancel()
                await anyio.sleep_forever()
        assert await stand(inbox, make_event()) is Standing.FIRST

    async def test_claim_of_somebody_else_is_under_way(self, inbox, make_event):
        async with inbox.claim(make_event()) as standing:
            assert standing is Standing.FIRST
            assert await stand(inbox, make_event()) is Standing.UNDER_WAY
            assert not await inbox.accept(make_event())
        assert await stand(inbox, make_event()) is Standing.HANDLED

    async def test_failure_of_a_repeat_releases_nothing(self, inbox, make_event):
        async with inbox.claim(make_event()):
            with pytest.raises(LookupError):
                await fail(inbox, make_event())
            assert await stand(inbox, make_event()) is Standing.UNDER_WAY

    async def test_claim_of_a_crashed_worker_ends(self, inbox, time, make_event):
        assert await inbox.take("evt_1", "crashed") is Standing.FIRST
        time.now += 299
        assert await stand(inbox, make_event()) is Standing.UNDER_WAY
        time.now += 1
        assert await stand(inbox, make_event()) is Standing.FIRST

    async def test_lease_is_settable(self, make_inbox, time):
        inbox = make_inbox(lease=10)
        await inbox.take("evt_1", "crashed")
        time.now += 10
        assert await inbox.take("evt_1", "another") is Standing.FIRST

    async def test_late_end_of_a_claim_that_another_took_over_is_told(self, inbox, time, make_event, caplog):
        with caplog.at_level(logging.WARNING, "duro.webhooks"):
            async with inbox.claim(make_event()):
                time.now += 300
                assert await stand(inbox, make_event()) is Standing.FIRST
        assert "evt_1" in caplog.text
        assert "longer lease" in caplog.text
        assert await stand(inbox, make_event()) is Standing.HANDLED

    async def test_late_failure_leaves_the_claim_that_took_over_alone(self, inbox, time, make_event):
        async def lose():
            time.now += 300
            assert await inbox.take("evt_1", "another") is Standing.FIRST

        with pytest.raises(LookupError):
            await fail(inbox, make_event(), before=lose)
        assert await stand(inbox, make_event()) is Standing.UNDER_WAY

    async def test_late_end_of_a_claim_that_nobody_took_over_is_an_end(self, inbox, time, make_event, caplog):
        async with inbox.claim(make_event()):
            time.now += DAY
            await stand(inbox, make_event(number=2))  # sweeps
        assert not caplog.records
        assert await stand(inbox, make_event()) is Standing.HANDLED

    async def test_handled_event_is_remembered_longer_than_it_is_repeated(self, inbox, time, make_event):
        await inbox.accept(make_event())
        time.now += LAST_RETRY + DAY
        assert not await inbox.accept(make_event())
        time.now += 7 * DAY
        assert await inbox.accept(make_event())

    async def test_one_of_many_at_the_same_instant_is_the_first(self, inbox, make_event):
        standings = []

        async def deliver():
            async with inbox.claim(make_event()) as standing:
                standings.append(standing)
                await anyio.sleep(0)

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(deliver)
        assert standings.count(Standing.FIRST) == 1

    async def test_it_grows_no_further_than_it_remembers(self, make_inbox, time, make_event, tmp_path):
        inbox = make_inbox(retention=2 * DAY)
        for number in range(100):
            await inbox.accept(make_event(number=number))
            time.now += DAY / 10
        if isinstance(inbox, MemoryInbox):
            held = len(inbox._entries)
        else:
            with closing(sqlite3.connect(tmp_path / "inbox.db")) as connection:
                ((held,),) = connection.execute("SELECT count(*) FROM duro_inbox")
        assert 20 <= held <= 22


class TestBlocking:
    def test_it_is_the_same_inbox(self, inbox, make_event):
        blocking = BlockingInbox(inbox)
        assert [blocking.accept(make_event()) for _ in range(3)] == [True, False, False]
        assert not anyio.run(inbox.accept, make_event())
        blocking.release(make_event())
        assert anyio.run(inbox.accept, make_event())

    def test_claim_is_kept_or_released(self, inbox, time, make_event, caplog):
        blocking = BlockingInbox(inbox)

        def fail():
            with blocking.claim(make_event()) as standing:
                assert standing is Standing.FIRST
                with blocking.claim(make_event()) as repeat:
                    assert repeat is Standing.UNDER_WAY
                raise LookupError

        with pytest.raises(LookupError):
            fail()
        with blocking.claim(make_event()) as standing:
            assert standing
        with blocking.claim(make_event()) as standing:
            assert standing is Standing.HANDLED
        with blocking.claim(make_event(number=2)):
            time.now += 300
            blocking.accept(make_event(number=2))
        assert "longer lease" in caplog.text

    def test_one_of_many_threads_is_the_first(self, inbox, make_event):
        blocking, firsts = BlockingInbox(inbox), []
        gate = threading.Barrier(8)

        def deliver():
            gate.wait(10)
            firsts.append(blocking.accept(make_event()))

        threads = [threading.Thread(target=deliver) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert firsts.count(True) == 1


@pytest.mark.anyio
class TestSQLite:
    async def test_two_inboxes_on_a_file_are_one(self, tmp_path, make_event):
        with SQLiteInbox(tmp_path / "inbox.db") as one, SQLiteInbox(str(tmp_path / "inbox.db")) as other:
            assert await one.accept(make_event())
            assert not await other.accept(make_event())

    async def test_it_outlives_the_process(self, tmp_path, make_event):
        for expected in (True, False):
            with SQLiteInbox(tmp_path / "inbox.db") as inbox:
                assert await inbox.accept(make_event()) is expected

    async def test_closed_inbox_opens_again(self, tmp_path, make_event):
        with SQLiteInbox(tmp_path / "inbox.db") as inbox:
            await inbox.accept(make_event())
            inbox.close()
            assert not await inbox.accept(make_event())
        inbox.close()

    async def test_nothing_is_opened_before_it_is_used(self, tmp_path):
        SQLiteInbox(tmp_path / "inbox.db").close()
        assert not list(tmp_path.iterdir())

    async def test_file_that_cannot_be_used_is_an_error(self, tmp_path, make_event):
        inbox = SQLiteInbox(tmp_path / "no-such-folder" / "inbox.db")
        with pytest.raises(sqlite3.OperationalError):
            await inbox.accept(make_event())
        (tmp_path / "other").write_bytes(b"no database at all" * 100)
        with pytest.raises(sqlite3.DatabaseError):
            await SQLiteInbox(tmp_path / "other").accept(make_event())

    async def test_child_leaves_what_it_inherited_alone(self, tmp_path, make_event):
        with SQLiteInbox(tmp_path / "inbox.db") as inbox:
            await inbox.accept(make_event())
            inherited = inbox._database._open
            inbox._database._pid = os.getpid() - 1  # as a child finds it
            assert not await inbox.accept(make_event())
            assert inbox._database._open is not inherited
            assert inherited.execute("SELECT 1").fetchone() == (1,)  # neither used nor closed
            inherited.close()


@pytest.mark.parametrize("path", ["", ":memory:", None, 5])
def test_what_is_no_file_is_refused(path):
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
        {"lease": LAST_RETRY + 1},
        {"retention": LAST_RETRY - 1},
        {"retention": 0},
        {"retention": None},
        {"retention": float("inf")},
        {"retention": float("nan")},
    ],
)
def test_times_out_of_range_are_refused(kind, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        kind(**options)


def test_last_retry_is_the_contracts():
    """After 1m, 5m, 30m, 2h, 6h and 24h."""
    assert LAST_RETRY == 60 + 300 + 1800 + 7200 + 21_600 + 86_400


def test_only_the_first_is_true():
    assert [bool(standing) for standing in Standing] == [True, False, False]
    assert {"take", "keep", "drop"} == Inbox.__abstractmethods__
