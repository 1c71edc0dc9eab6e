"""Wakeup: notifications from any thread, at the cost of one call to the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from unittest.mock import patch

import pytest

from duro.sandbox.deliveries.wakeup import Wakeup

pytestmark = pytest.mark.asyncio


def run_in_thread(function: Callable[[], None]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


async def test_notifications_that_the_listener_has_not_seen_call_the_event_loop_once() -> None:
    wakeup, loop = Wakeup(), asyncio.get_running_loop()
    with patch.object(loop, "call_soon_threadsafe", wraps=loop.call_soon_threadsafe) as call, wakeup.listen():
        for expected in (1, 2):
            for _ in range(3):
                run_in_thread(wakeup.notify)
            await wakeup.wait(within=None)
            assert call.call_count == expected


async def test_a_later_listener_is_notified_too() -> None:
    wakeup = Wakeup()
    with wakeup.listen():
        wakeup.notify()
    with wakeup.listen():
        wakeup.notify()
        await wakeup.wait(within=None)


async def test_a_pause_delays_notifications_until_its_end() -> None:
    wakeup, loop = Wakeup(), asyncio.get_running_loop()
    with patch.object(loop, "call_soon_threadsafe", wraps=loop.call_soon_threadsafe) as call, wakeup.listen():
        with wakeup.pause():
            run_in_thread(wakeup.notify)
            assert call.call_count == 0
        await wakeup.wait(within=None)


async def test_a_notification_on_the_thread_of_the_listener_does_not_call_the_event_loop() -> None:
    wakeup, loop = Wakeup(), asyncio.get_running_loop()
    with patch.object(loop, "call_soon_threadsafe", wraps=loop.call_soon_threadsafe) as call, wakeup.listen():
        wakeup.notify()
        await wakeup.wait(within=None)
    assert call.call_count == 0
