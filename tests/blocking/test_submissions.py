"""Submissions of blocking calls: many calls share one wake-up of the event loop, and no call is forgotten."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from duro.blocking import portal
from duro.blocking.submissions import Submissions

THREADS = 16
CALLS = 500

variable = contextvars.ContextVar("variable")


class ManualLoop:
    """Event loop that runs its callbacks when the test says so, and that raises given exceptions at wake-ups."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.callbacks = []
        self.wakeups = 0

    def call_soon_threadsafe(self, callback):
        if self.errors:
            raise self.errors.pop(0)
        self.wakeups += 1
        self.callbacks.append(callback)

    def run(self):
        while self.callbacks:
            self.callbacks.pop(0)()


def test_items_share_one_wakeup_until_the_loop_takes_them():
    loop, received = ManualLoop(), []
    submissions = Submissions(loop, received.append)
    for number in range(10):
        submissions.put(number)
    assert loop.wakeups == 1
    assert received == []
    loop.run()
    assert received == list(range(10))
    submissions.put(10)
    assert loop.wakeups == 2
    loop.run()
    assert received == list(range(11))


def test_item_added_while_the_loop_takes_others_is_received():
    loop, received = ManualLoop(), []

    def receive(item):
        received.append(item)
        if item < 3:
            submissions.put(item + 1)

    submissions = Submissions(loop, receive)
    submissions.put(0)
    loop.run()
    assert received == [0, 1, 2, 3]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_failed_wakeup_does_not_prevent_the_next(error):
    loop, received = ManualLoop(error()), []
    submissions = Submissions(loop, received.append)
    with pytest.raises(error):
        submissions.put("first")
    submissions.put("second")
    loop.run()
    assert received == ["first", "second"]


async def current_loop():
    return asyncio.get_running_loop()


@pytest.fixture
def blocked_portal():
    """Block the portal's loop, and return its submissions and the function that lets it continue."""
    portal.run(current_loop)
    submissions = portal._thread._submissions
    blocked, released = threading.Event(), threading.Event()

    def block():
        blocked.set()
        assert released.wait(30)

    portal._thread._loop.result().call_soon_threadsafe(block)
    assert blocked.wait(30)
    yield submissions, released.set
    released.set()


def wait_for_items(submissions, count):
    while len(submissions._items) < count:
        pass


def test_calls_of_many_threads_share_one_wakeup_and_keep_their_context(blocked_portal, monkeypatch):
    submissions, release = blocked_portal
    wakeups = []
    receive_all = submissions.receive_all

    def count_wakeup():
        wakeups.append(threading.current_thread())
        receive_all()

    monkeypatch.setattr(submissions, "receive_all", count_wakeup)

    async def read_variable():
        return variable.get()

    def call(number):
        variable.set(number)
        return portal.run(read_variable)

    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(call, number) for number in range(THREADS)]
        wait_for_items(submissions, THREADS)
        release()
        assert [each.result(30) for each in calls] == list(range(THREADS))
    # Several threads may find that no wake-up is on its way, before the first of them notes its own.
    assert 1 <= len(wakeups) < THREADS / 2


def test_interrupt_of_the_wakeup_does_not_delay_the_calls_that_relied_on_it(blocked_portal, monkeypatch):
    submissions, release = blocked_portal
    loop, cancel = submissions._loop, portal._PortalThread.cancel
    others = []

    class InterruptedLoop:
        def call_soon_threadsafe(self, callback):
            submissions._loop = loop
            # This call finds that a wake-up is on its way.
            others.append(pool.submit(portal.run, current_loop))
            wait_for_items(submissions, 2)
            raise KeyboardInterrupt

    def release_and_cancel(thread, call):
        release()
        cancel(thread, call)

    submissions._loop = InterruptedLoop()
    monkeypatch.setattr(portal._PortalThread, "cancel", release_and_cancel)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            portal.run(current_loop)
        assert others[0].result(30) is loop


def test_storm_of_threads_loses_no_call():
    async def double(number):
        if number % 3 == 0:
            await asyncio.sleep(0)
        return 2 * number

    def work(thread):
        numbers = range(thread * CALLS, (thread + 1) * CALLS)
        return [portal.run(lambda number=number: double(number)) for number in numbers]

    with ThreadPoolExecutor(THREADS) as pool:
        results = [result for results in pool.map(work, range(THREADS)) for result in results]
    assert results == [2 * number for number in range(THREADS * CALLS)]
    portal.run(current_loop)
    assert len(portal._thread._calls) == 0
