"""Clock, sleep and random numbers that tests can replace."""

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
    """Sources of time and random numbers, in one object so that tests can replace them.

    Attributes:
        monotonic: Function that returns seconds since an arbitrary start. It never goes back.
        wall: Function that returns seconds since the epoch, by the system clock.
        sleep: Function that waits for a number of seconds.
        uniform: Function that returns a random number between two bounds.
    """

    monotonic: Callable[[], float] = field(default=time.monotonic)
    wall: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep)
    uniform: Callable[[float, float], float] = field(default=random.uniform)
