"""Queue of calls for an event loop, with one wake-up for all calls that wait in it.

A wake-up writes to a socket, and interrupts the loop's wait for its other
sockets. It costs more than the rest of a submission. A caller that finds a
wake-up on its way therefore adds its call, and does not send another.

No lock is needed. A caller adds its call first and then reads ``_is_waking``.
The loop resets ``_is_waking`` first and then takes the calls. A caller that
reads it before the reset has therefore added its call before the loop takes
them. Two callers may both find it unset, which costs a second wake-up.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Submissions"]

T = TypeVar("T")


class Submissions(Generic[T]):
    """Queue from any thread to an event loop.

    Args:
        loop: Event loop that receives the items.
        receive: Function that is called in the loop, once for each item.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Callable[[T], None]) -> None:
        self._loop = loop
        self._receive = receive
        self._items: deque[T] = deque()
        self._is_waking = False

    def put(self, item: T) -> None:
        """Add an item, from any thread, and wake the loop unless it is about to read the queue.

        Args:
            item: Item to add.

        Raises:
            RuntimeError: The loop is closed.
        """
        self._items.append(item)
        if self._is_waking:
            return
        try:
            self._is_waking = True
            self._loop.call_soon_threadsafe(self.receive_all)
        except BaseException:
            # An interrupt may have prevented the wake-up. Without this line, no later item would send one.
            self._is_waking = False
            raise

    def receive_all(self) -> None:
        """Receive the items of the queue, in the loop."""
        self._is_waking = False
        while self._items:
            self._receive(self._items.popleft())
