"""Clock, sleep and randomness that tests can inject."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import anyio
from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Clock"]


@frozen
class Clock:
    """Time and chance, in one place so that tests can put their own in.

    Attributes:
        monotonic: Seconds that never run back, from an arbitrary start.
        wall: Seconds since the epoch, as the machine's calendar has it.
        sleep: Waits for a number of seconds.
        uniform: Draws a number between two bounds.
    """

    monotonic: Callable[[], float] = field(default=time.monotonic)
    wall: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep)
    uniform: Callable[[float, float], float] = field(default=random.uniform)
