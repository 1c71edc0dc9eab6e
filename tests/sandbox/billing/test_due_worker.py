"""Worker of due items: the division of work between it and an advance of the clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import anyio
import pytest

from duro.sandbox.billing.due_worker import DueItemWorker
from duro.sandbox.clock import Advance

from .conftest import START, Shop


@pytest.mark.asyncio
async def test_the_worker_leaves_due_items_to_an_advance_in_progress(shop: Shop) -> None:
    shop.subscribe()
    backend, target = shop.backend, START + timedelta(days=40)
    with backend.store.transaction() as db:
        backend.time.begin(db, Advance(target))
        backend.time.move_to(db, target)
    due = backend.scheduler.next_due()
    worker = asyncio.create_task(DueItemWorker(backend.scheduler, backend.time, backend.due_wakeup).run())
    await anyio.wait_all_tasks_blocked()
    assert backend.scheduler.next_due() == due
    with backend.store.transaction() as db:
        backend.time.end(db)
    backend.due_wakeup.notify()
    await anyio.wait_all_tasks_blocked()
    assert backend.scheduler.next_due() != due
    worker.cancel()
