"""Early deliveries: the events of one request reach their endpoints before its response reaches the client."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from ..clock import SandboxClock
from .due_delivery import DueDelivery
from .endpoint_connection import EndpointConnection
from .outbox import Outbox
from .wakeup import Wakeup

__all__ = ["EarlyDeliveries"]


class EarlyDeliveries:
    """Deliveries that do not wait for their turn in the queue of their endpoint.

    The handler of another delivery may have caused the request. A delivery
    that waits for its turn would wait for that handler, which waits for the response.

    Args:
        outbox: Pending deliveries.
        clock: Time of the sandbox.
        wakeup: Signal that wakes the delivery worker.
    """

    def __init__(self, outbox: Outbox, clock: SandboxClock, wakeup: Wakeup) -> None:
        self._outbox = outbox
        self._clock = clock
        self._wakeup = wakeup

    def last_id(self) -> int:
        """Return the id of the newest delivery, for ``deliver``."""
        return self._outbox.last_id()

    async def deliver(self, after: int) -> None:
        """Make the new deliveries now, in order for each endpoint.

        Args:
            after: Id of the newest delivery before the request.
        """
        deliveries = self._outbox.created_after(after, self._clock.now())
        by_endpoint: defaultdict[str, list[DueDelivery]] = defaultdict(list)
        for each in deliveries:
            self._outbox.mark(each, "early")
            by_endpoint[each.endpoint_id].append(each)
        with self._outbox.claim(*deliveries):
            async with asyncio.TaskGroup() as group:
                for of_endpoint in by_endpoint.values():
                    group.create_task(self._deliver_in_order(of_endpoint))
        self._wakeup.notify()

    async def _deliver_in_order(self, deliveries: Iterable[DueDelivery]) -> None:
        connection = EndpointConnection()
        try:
            for each in deliveries:
                self._outbox.settle(each, await connection.deliver(each))
        finally:
            await connection.aclose()
