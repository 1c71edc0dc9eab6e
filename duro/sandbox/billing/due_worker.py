"""Worker that runs due items when their time comes, on the event loop of the server."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from ..clock import SandboxClock
from ..deliveries.wakeup import Wakeup
from .scheduler import Scheduler

__all__ = ["DueItemWorker"]

_logger = logging.getLogger("duro.sandbox")

# Pause after a failed item, which stays due.
FAILURE_PAUSE_SECONDS: Final = 60.0


class DueItemWorker:
    """Worker that runs due items until it is cancelled.

    A clock of real time needs it. With a frozen clock it runs items that are
    due at once. An advance runs its items itself, and wakes the worker at its end.

    Args:
        scheduler: Queue of due items.
        clock: Time of the sandbox.
        wakeup: Signal that an item was scheduled, or that the clock has moved.
    """

    def __init__(self, scheduler: Scheduler, clock: SandboxClock, wakeup: Wakeup) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._wakeup = wakeup

    async def run(self) -> None:
        """Run due items until cancelled."""
        with self._wakeup.listen():
            while True:
                try:
                    is_idle = self._is_advancing or self._scheduler.run_next(self._clock.now()) is None
                except Exception:
                    _logger.exception("a due item failed")
                    await self._wakeup.wait(within=FAILURE_PAUSE_SECONDS)
                    continue
                if is_idle:
                    await self._wakeup.wait(within=self._seconds_to_next())
                else:
                    # Requests are served between two items.
                    await asyncio.sleep(0)

    def _seconds_to_next(self) -> float | None:
        """Return the seconds until the next item. Return ``None`` if the passing of time does not make one due."""
        item = self._scheduler.next_due()
        if item is None or self._clock.mode == "frozen" or self._is_advancing:
            return None
        return max((item.at - self._clock.now()).total_seconds(), 0)

    @property
    def _is_advancing(self) -> bool:
        return self._clock.unfinished is not None
