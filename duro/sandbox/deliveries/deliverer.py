"""Deliverer of an advance: waits at each instant until the delivery worker has made what is due."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from ..clock import SandboxClock
from .calling_thread import check_no_event_loop, check_no_handler, check_no_long_delivery
from .endpoints import Endpoints
from .outbox import Outbox
from .wakeup import Wakeup

__all__ = ["WorkerDeliverer"]


class WorkerDeliverer:
    """Deliverer for a thread that advances the clock. The worker runs on the event loop of the server.

    Args:
        outbox: Pending deliveries.
        clock: Time of the sandbox.
        wakeup: Signal that wakes the worker.
        endpoints: Webhook endpoints.
    """

    def __init__(self, outbox: Outbox, clock: SandboxClock, wakeup: Wakeup, endpoints: Endpoints) -> None:
        self._outbox = outbox
        self._clock = clock
        self._wakeup = wakeup
        self._endpoints = endpoints

    def next_due(self) -> datetime | None:
        """Return the time of the first pending delivery, also of one in progress, or ``None``."""
        return self._outbox.next_time()

    @property
    def delivered(self) -> int:
        """Number of deliveries since the start that an endpoint acknowledged with a 2xx."""
        return self._outbox.delivered

    def deliver_until(self, moment: datetime) -> None:
        """Wait until nothing is due at or before a moment.

        Args:
            moment: Time that the clock has reached.
        """
        self._outbox.release()
        self._wakeup.notify()
        self._outbox.wait(None, until=moment)

    def hold(self) -> None:
        """Leave all deliveries pending until the next ``deliver_until``."""
        self._outbox.hold()

    def pause(self) -> AbstractContextManager[None]:
        """Do not wake the worker for the duration of the block. A delivery in progress continues."""
        return self._wakeup.pause()

    def check_thread(self) -> None:
        """Check that the caller may wait for deliveries.

        Raises:
            RuntimeError: It is the handler of a delivery. Or its thread runs an event loop, and there are endpoints.
            DeliveryInProgressError: A delivery in progress does not end.
        """
        check_no_handler(self._outbox, "advance")
        if len(self._endpoints):
            check_no_event_loop()
            # A second advance is refused without a wait.
            if self._clock.unfinished is None:
                check_no_long_delivery(self._outbox)
