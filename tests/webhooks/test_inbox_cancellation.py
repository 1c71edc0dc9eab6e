"""Cancellation of a handler: its claim is completed or released, and never left behind."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading

import anyio
import anyio.lowlevel
import pytest

from duro.blocking import portal
from duro.webhooks import BlockingInbox, ClaimStatus, MemoryInbox, SQLiteInbox
from duro.webhooks.receiver import BlockingReceiver, Receiver
from tests.support.timeouts import TIMEOUT


class GatedInbox(MemoryInbox):
    """Inbox whose completions and releases wait for a gate, as they wait for a slow disk."""

    def __init__(self, **options):
        super().__init__(**options)
        self.entered = anyio.Event()
        self.gate = anyio.Event()
        self.calls = []

    async def complete(self, event_id, holder):
        await self._wait("complete")
        return await super().complete(event_id, holder)

    async def release(self, event_id, holder):
        await self._wait("release")
        await super().release(event_id, holder)

    async def _wait(self, step):
        self.calls.append(step)
        self.entered.set()
        await self.gate.wait()


async def handle(inbox, event):
    async with inbox.claim(event) as claim:
        assert claim


async def fail(inbox, event):
    async with inbox.claim(event):
        raise LookupError


async def status_of(inbox, event_id="evt_1"):
    return await inbox.acquire(event_id, "another")


@pytest.mark.asyncio
@pytest.mark.parametrize("cancellations", [1, 3])
async def test_completion_outlives_a_cancelled_task(make_event, cancellations):
    inbox = GatedInbox()
    task = asyncio.create_task(handle(inbox, make_event()))
    await inbox.entered.wait()
    for _ in range(cancellations):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    inbox.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await status_of(inbox) is ClaimStatus.HANDLED
    assert inbox.calls == ["complete"]


@pytest.mark.asyncio
@pytest.mark.parametrize("cancellations", [1, 3])
async def test_release_outlives_a_cancelled_task(make_event, cancellations):
    inbox = GatedInbox()
    task = asyncio.create_task(fail(inbox, make_event()))
    await inbox.entered.wait()
    for _ in range(cancellations):
        task.cancel()
        await asyncio.sleep(0)
    inbox.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await status_of(inbox) is ClaimStatus.CLAIMED


@pytest.mark.asyncio
async def test_completion_outlives_a_timeout_of_asyncio(make_event):
    inbox = GatedInbox()

    async def receive():
        async with asyncio.timeout(None) as timeout:
            async with inbox.claim(make_event()):
                timeout.reschedule(asyncio.get_running_loop().time())
            raise AssertionError("not cancelled")

    task = asyncio.create_task(receive())
    await inbox.entered.wait()
    await asyncio.sleep(0.01)
    inbox.gate.set()
    with pytest.raises(TimeoutError):
        await task
    assert await status_of(inbox) is ClaimStatus.HANDLED


def test_completion_outlives_the_end_of_asyncio_run(make_event):
    """At its end, ``asyncio.run`` cancels every task, including the one that completes the claim."""
    inbox = GatedInbox()

    async def main():
        inbox.task = asyncio.create_task(handle(inbox, make_event()))
        await inbox.entered.wait()
        asyncio.get_running_loop().call_later(0.01, inbox.gate.set)

    asyncio.run(main())
    assert inbox.task.cancelled()
    assert asyncio.run(status_of(inbox)) is ClaimStatus.HANDLED


def test_completion_that_the_end_of_asyncio_run_repeats_is_not_reported(make_event, caplog):
    """The second attempt finds the entry of the first one, which is no sign of a lost claim."""

    class CompletesThenWaits(MemoryInbox):
        async def complete(self, event_id, holder):
            completed = await super().complete(event_id, holder)
            if completed:
                self.entered.set()
                await asyncio.Event().wait()
            return completed

    inbox = CompletesThenWaits()
    inbox.entered = anyio.Event()

    async def main():
        inbox.task = asyncio.create_task(handle(inbox, make_event()))
        await inbox.entered.wait()

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert caplog.records == []
    assert asyncio.run(status_of(inbox)) is ClaimStatus.HANDLED


@pytest.mark.asyncio
async def test_failed_completion_of_a_cancelled_task_is_the_cause(make_event):
    class Broken(GatedInbox):
        async def complete(self, event_id, holder):
            await super().complete(event_id, holder)
            raise OSError("disk full")

    inbox = Broken()
    task = asyncio.create_task(handle(inbox, make_event()))
    await inbox.entered.wait()
    task.cancel()
    await asyncio.sleep(0)
    inbox.gate.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.anyio
async def test_completion_outlives_a_cancelled_scope(make_event):
    inbox = GatedInbox()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handle, inbox, make_event())
        await inbox.entered.wait()
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()
            inbox.gate.set()
    assert await status_of(inbox) is ClaimStatus.HANDLED


@pytest.mark.asyncio
async def test_completion_in_a_cancelled_scope_does_not_keep_the_loop_busy(make_event, monkeypatch):
    """Without a shield, anyio would cancel the waiting task again in each iteration of the loop."""
    inbox, waits, wait = GatedInbox(), [], asyncio.wait

    async def count(tasks):
        waits.append(1)
        return await wait(tasks)

    monkeypatch.setattr(asyncio, "wait", count)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handle, inbox, make_event())
        await inbox.entered.wait()
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            for _ in range(100):
                await asyncio.sleep(0)
            inbox.gate.set()
    assert len(waits) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("interruption", [LookupError, KeyboardInterrupt])
async def test_failed_release_is_logged_and_does_not_replace_the_error_of_the_handler(make_event, caplog, interruption):
    class Broken(MemoryInbox):
        async def release(self, event_id, holder):
            raise OSError("disk full")

    with pytest.raises(interruption):
        async with Broken().claim(make_event()):
            raise interruption
    assert "the claim on event evt_1 could not be released" in caplog.text
    assert "disk full" in caplog.text


class GatedSQLiteInbox(SQLiteInbox):
    """Inbox whose thread waits before it writes a claim."""

    def __init__(self, path):
        super().__init__(path)
        self.entered = threading.Event()
        self.gate = threading.Event()

    def _acquire(self, event_id, holder):
        self.entered.set()
        assert self.gate.wait(TIMEOUT)
        return super()._acquire(event_id, holder)


async def wait_for(event):
    while not event.is_set():
        await anyio.sleep(0.001)


async def cancel_during_acquire(receive, inbox):
    task = asyncio.create_task(receive())
    await wait_for(inbox.entered)
    task.cancel()
    await asyncio.sleep(0.01)
    inbox.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.asyncio
async def test_claim_of_a_task_cancelled_while_it_acquires_is_released(tmp_path, make_event):
    with GatedSQLiteInbox(tmp_path / "inbox.db") as inbox:
        await cancel_during_acquire(lambda: handle(inbox, make_event()), inbox)
        assert await status_of(inbox) is ClaimStatus.CLAIMED


@pytest.mark.asyncio
@pytest.mark.parametrize("acknowledge", ["early", "late"])
async def test_receiver_cancelled_while_it_acquires_releases_the_claim(tmp_path, webhook, delivery, acknowledge):
    handled = []
    with GatedSQLiteInbox(tmp_path / "inbox.db") as inbox:
        receiver = Receiver(webhook, handled.append, inbox=inbox, acknowledge=acknowledge)
        body = delivery()
        await cancel_during_acquire(lambda: receiver.receive(body, webhook.sign(body)), inbox)
        assert await status_of(inbox) is ClaimStatus.CLAIMED
    assert handled == []


@pytest.mark.anyio
async def test_claim_of_a_scope_cancelled_while_it_acquires_is_released(tmp_path, make_event):
    with GatedSQLiteInbox(tmp_path / "inbox.db") as inbox:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(handle, inbox, make_event())
            await wait_for(inbox.entered)
            tasks.cancel_scope.cancel()
            inbox.gate.set()
        assert await status_of(inbox) is ClaimStatus.CLAIMED


@pytest.mark.asyncio
async def test_cancelled_writes_of_a_file_are_done_when_the_task_ends(tmp_path):
    """A thread that still writes would overtake, or be overtaken by, the next step of the same claim."""
    with GatedSQLiteInbox(tmp_path / "inbox.db") as inbox:
        task = asyncio.create_task(inbox.acquire("evt_1", "one"))
        await wait_for(inbox.entered)
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        inbox.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await status_of(inbox) is ClaimStatus.IN_PROGRESS


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs a signal for one thread")
class TestBlockingTwin:
    @pytest.fixture(autouse=True)
    def raise_keyboard_interrupt(self):
        # A shell ignores SIGINT in the programs that it starts in the background.
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, previous)

    async def interrupt(self):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        # The caller's cancellation arrives here, in the event loop of the portal.
        await anyio.sleep(0.05)

    def test_completion_outlives_an_interrupt(self, make_event):
        test = self

        class Interrupted(MemoryInbox):
            async def complete(self, event_id, holder):
                await test.interrupt()
                await anyio.lowlevel.checkpoint()
                return await super().complete(event_id, holder)

        inbox = BlockingInbox(Interrupted())
        with pytest.raises(KeyboardInterrupt), inbox.claim(make_event()):
            pass
        assert inbox.acquire("evt_1", "another") is ClaimStatus.HANDLED

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_claim_of_a_caller_interrupted_while_it_acquires_is_released(self, make_event, when):
        test, entered = self, []

        class Interrupted(MemoryInbox):
            async def acquire(self, event_id, holder):
                entered.append(when)
                if entered == ["before"]:
                    await test.interrupt()
                status = await super().acquire(event_id, holder)
                if entered == ["after"]:
                    await test.interrupt()
                return status

        inbox = BlockingInbox(Interrupted())
        with pytest.raises(KeyboardInterrupt), inbox.claim(make_event()):
            raise AssertionError("the block began")
        assert inbox.acquire("evt_1", "another") is ClaimStatus.CLAIMED

    @pytest.mark.parametrize("acknowledge", ["early", "late"])
    def test_interrupted_receiver_releases_its_claim(self, webhook, delivery, acknowledge):
        test, entered = self, []

        class Interrupted(MemoryInbox):
            async def acquire(self, event_id, holder):
                status = await super().acquire(event_id, holder)
                if not entered:
                    entered.append(holder)
                    await test.interrupt()
                return status

        inbox, body = Interrupted(), delivery()
        receiver = BlockingReceiver(webhook, lambda event: None, inbox=inbox, acknowledge=acknowledge)
        with pytest.raises(KeyboardInterrupt):
            receiver.receive(body, webhook.sign(body))
        assert BlockingInbox(inbox).acquire("evt_1", "another") is ClaimStatus.CLAIMED

    @pytest.mark.parametrize("fails", [False, True])
    def test_interrupt_before_the_claim_is_settled_settles_it(self, make_event, monkeypatch, fails):
        inbox, run, interrupted = BlockingInbox(MemoryInbox()), portal.run, []

        def interrupt_once(function):
            if not interrupted:
                interrupted.append(function)
                raise KeyboardInterrupt
            return run(function)

        def handle_event():
            with inbox.claim(make_event()):
                monkeypatch.setattr(portal, "run", interrupt_once)
                if fails:
                    raise LookupError

        with pytest.raises(KeyboardInterrupt):
            handle_event()
        assert inbox.acquire("evt_1", "another") is (ClaimStatus.CLAIMED if fails else ClaimStatus.HANDLED)

    def test_interrupt_after_the_claim_is_settled_does_not_settle_it_again(self, make_event, monkeypatch, caplog):
        inbox, run, interrupted = BlockingInbox(MemoryInbox()), portal.run, []

        def interrupt_once(function):
            result = run(function)
            if not interrupted:
                interrupted.append(function)
                raise KeyboardInterrupt
            return result

        def handle_event():
            with inbox.claim(make_event()):
                monkeypatch.setattr(portal, "run", interrupt_once)

        with pytest.raises(KeyboardInterrupt):
            handle_event()
        assert caplog.records == []
        assert inbox.acquire("evt_1", "another") is ClaimStatus.HANDLED
