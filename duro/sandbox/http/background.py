"""Background task of the server: webhook deliveries, and due items of a clock that runs, in both modes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from ..backend import Backend
from ..billing.due_worker import DueItemWorker
from ..deliveries.worker import DeliveryWorker
from ..modes.backends import Modes

__all__ = ["build_background"]


def build_background(modes: Modes) -> Callable[[], Coroutine[None, None, None]]:
    """Build the background task of a server. It runs until it is cancelled.

    Args:
        modes: Backends to work for.
    """

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            with modes.opened.listen():
                started = 0
                while True:
                    for backend in modes.backends[started:]:
                        _start_workers(group, backend)
                        started += 1
                    await modes.opened.wait(within=None)

    return run


def _start_workers(group: asyncio.TaskGroup, backend: Backend) -> None:
    deliveries = DeliveryWorker(backend.outbox, backend.time, backend.wakeup, backend.faults)
    due_items = DueItemWorker(backend.scheduler, backend.time, backend.due_wakeup)
    group.create_task(deliveries.run())
    group.create_task(due_items.run())
