"""Background task of the server: webhook deliveries, and due items of a clock that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from ..backend import Backend
from ..billing.due_worker import DueItemWorker
from ..deliveries.deliverer import WorkerDeliverer
from ..deliveries.worker import DeliveryWorker

__all__ = ["build_background"]


def build_background(backend: Backend) -> Callable[[], Coroutine[None, None, None]]:
    """Build the background task of a backend. It runs until it is cancelled.

    Args:
        backend: Backend to work for.
    """
    deliveries = DeliveryWorker(backend.outbox, backend.time, backend.wakeup, backend.faults)
    backend.scheduler.deliverer = WorkerDeliverer(backend.outbox, backend.time, backend.wakeup, backend.endpoints)
    due_items = DueItemWorker(backend.scheduler, backend.time, backend.due_wakeup)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(deliveries.run())
            group.create_task(due_items.run())

    return run
