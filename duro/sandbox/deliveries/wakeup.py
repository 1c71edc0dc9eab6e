"""A bell: whoever changes what is due wakes the courier, from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

__all__ = ["Wakeup"]


class Wakeup:
    """Wakes the one task that listens; any thread may ring it, and inside a transaction too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the listener; one that is at work will look again, and without one nothing happens."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._rung.set)

    @contextmanager
    def heard(self) -> Generator[None, None, None]:
        """Listen on the running event loop for as long as the block runs."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        try:
            yield
        finally:
            # A closed loop takes no calls any more.
            with self._lock:
                self._loop = None

    async def wait(self, within: float | None) -> None:
        """Wait until it rings.

        Args:
            within: Seconds to wait at most; ``None`` waits for as long as it takes.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._rung.wait()
        self._rung.clear()
