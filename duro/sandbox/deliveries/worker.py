"""Delivery worker: starts a queue for each endpoint with due deliveries, so that a slow one does not delay others."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from functools import partial

from attrs import frozen

from ..clock import SandboxClock
from .delivery_faults import DeliveryFaults
from .endpoint_queue import EndpointQueue
from .outbox import Outbox
from .wakeup import Wakeup

__all__ = ["DeliveryWorker"]


@frozen
class _Running:
    queue: EndpointQueue
    task: asyncio.Task[None]


class DeliveryWorker:
    """Worker that makes due deliveries until it is cancelled. An interrupted delivery stays due.

    Args:
        outbox: Pending deliveries.
        clock: Time of the sandbox.
        wakeup: Signal that more deliveries may be due.
        faults: Faults that apply to deliveries.
    """

    def __init__(self, outbox: Outbox, clock: SandboxClock, wakeup: Wakeup, faults: DeliveryFaults) -> None:
        self._outbox = outbox
        self._clock = clock
        self._wakeup = wakeup
        self._faults = faults
        self._running: dict[str, _Running] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        with self._wakeup.listen():
            async with asyncio.TaskGroup() as group:
                while True:
                    now = self._clock.now()
                    state = self._outbox.read_state(now)
                    self._cancel_removed(state.endpoints)
                    for endpoint_id in state.due:
                        self._wake(endpoint_id, group)
                    self._outbox.notify_waiters()
                    # With the time of this round: a delivery that became due since is missing from this round only.
                    within = None if state.next_at is None else (state.next_at - now).total_seconds()
                    await self._wakeup.wait(within)

    def _cancel_removed(self, existing: AbstractSet[str]) -> None:
        # A delivery to a silent endpoint would continue for up to 10 s.
        for endpoint_id, running in self._running.items():
            if endpoint_id not in existing:
                running.task.cancel()

    def _wake(self, endpoint_id: str, group: asyncio.TaskGroup) -> None:
        running = self._running.get(endpoint_id)
        if running is None or running.queue.is_finished:
            queue = EndpointQueue(endpoint_id, self._outbox, self._clock, self._faults, self._wakeup.notify)
            running = self._running[endpoint_id] = _Running(queue, group.create_task(queue.run()))
            running.task.add_done_callback(partial(self._remove, endpoint_id))
        else:
            running.queue.wake()

    def _remove(self, endpoint_id: str, task: asyncio.Task[None]) -> None:
        # A later queue may have taken the place of a finished one.
        if self._running[endpoint_id].task is task:
            del self._running[endpoint_id]
        self._wakeup.notify()
