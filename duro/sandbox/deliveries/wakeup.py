"""Wakeup: signal from any thread that wakes the delivery worker."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

__all__ = ["Wakeup"]


class Wakeup:
    """Signal that wakes the one task that listens. Any thread may send it, inside a transaction too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread_id = 0
        self._notified = asyncio.Event()
        # Whether a notification waits for the listener. Each call from another thread costs a system call.
        self._is_pending = False
        self._is_paused = False

    def notify(self) -> None:
        """Wake the listener. A busy one checks again afterwards. Without a listener the call is ignored."""
        with self._lock:
            if self._loop is not None and not self._is_pending and not self._is_paused:
                self._is_pending = True
                if threading.get_ident() == self._thread_id:
                    self._notified.set()
                else:
                    self._loop.call_soon_threadsafe(self._notified.set)

    @contextmanager
    def pause(self) -> Generator[None, None, None]:
        """Delay the notifications of the block until its end."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False
            self.notify()

    @contextmanager
    def listen(self) -> Generator[None, None, None]:
        """Listen on the running event loop for the duration of the block."""
        with self._lock:
            self._loop, self._is_pending = asyncio.get_running_loop(), False
            self._thread_id = threading.get_ident()
        try:
            yield
        finally:
            # Before the loop closes: a closed loop raises in notify.
            with self._lock:
                self._loop = None

    async def wait(self, within: float | None) -> None:
        """Wait for the next notification.

        Args:
            within: Maximum wait in seconds. ``None`` waits without a limit.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._notified.wait()
        with self._lock:
            self._is_pending = False
            self._notified.clear()
