"""Endpoint queue: delivers what is due to one endpoint, in order, over one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ..clock import SandboxClock
from ..errors import DiskFullError
from .delivery_faults import DeliveryFaults
from .due_delivery import DueDelivery
from .endpoint_connection import EndpointConnection
from .outbox import Outbox

__all__ = ["EndpointQueue"]

# In real time. Shorter than the keep-alive timeouts of common servers, so that a delivery and the end of its
# connection do not cross on the way.
MAX_IDLE_SECONDS: Final = 1.0

# Pause after an outcome that was not recorded. In real time.
FAILURE_PAUSE_SECONDS: Final = 1.0


class EndpointQueue:
    """Task that makes the due deliveries of one endpoint, one at a time and the one due longest first.

    Args:
        endpoint_id: Id of the endpoint.
        outbox: Pending deliveries.
        clock: Time of the sandbox.
        faults: Faults that apply to deliveries.
        on_empty: Function to call each time that no delivery is due any more.
    """

    def __init__(
        self,
        endpoint_id: str,
        outbox: Outbox,
        clock: SandboxClock,
        faults: DeliveryFaults,
        on_empty: Callable[[], None],
    ) -> None:
        self._endpoint_id = endpoint_id
        self._outbox = outbox
        self._clock = clock
        self._faults = faults
        self._on_empty = on_empty
        self._wakeup = asyncio.Event()
        self.is_finished: bool = False

    def wake(self) -> None:
        """Look for due deliveries. A busy queue looks again afterwards."""
        self._wakeup.set()

    async def run(self) -> None:
        """Deliver, and return when the connection was idle for a second."""
        connection = EndpointConnection()
        try:
            while not self.is_finished:
                try:
                    await self._deliver_due(connection)
                except DiskFullError:
                    # The delivery stays due, and is repeated.
                    self._outbox.report_full_disk()
                    await asyncio.sleep(FAILURE_PAUSE_SECONDS)
                    continue
                self._on_empty()
                await self._wait()
        finally:
            await connection.aclose()

    async def _deliver_due(self, connection: EndpointConnection) -> None:
        due = self._outbox.next_due(self._endpoint_id, self._clock.now())
        while due is not None:
            due = self._reorder(due)
            with self._outbox.claim(due):
                outcome = await connection.deliver(due)
                # A duplicate is not repeated again.
                is_duplicated = (
                    outcome.failure is None
                    and due.fault != "duplicate"
                    and self._faults.applies("duplicate", due.event_type)
                )
                due = self._outbox.settle(due, outcome, is_duplicated=is_duplicated)

    def _reorder(self, due: DueDelivery) -> DueDelivery:
        # A delivery that was moved once is not moved again.
        if due.fault is not None or not self._faults:
            return due
        now = self._clock.now()
        following = self._outbox.next_due(self._endpoint_id, now, after=due)
        if following is None or not self._faults.applies("reorder", due.event_type):
            return due
        self._outbox.swap(due, following)
        return self._outbox.next_due(self._endpoint_id, now) or due

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(MAX_IDLE_SECONDS):
                await self._wakeup.wait()
        except TimeoutError:
            # A wakeup that came just now counts. After a finish, the worker starts another queue instead.
            self.is_finished = not self._wakeup.is_set()
        self._wakeup.clear()
