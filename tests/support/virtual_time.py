"""Clock of many tasks that advances when all of them sleep."""

from __future__ import annotations

import random
from contextlib import contextmanager
from functools import partial
from heapq import heappop, heappush
from itertools import count

import anyio
import pytest

from duro._clock import Clock
from duro.config import ClientSettings


class VirtualTime:
    """Clock of many tasks. When all of them sleep, it jumps to the time at which the first one wakes up."""

    def __init__(self, task_count):
        self.now = 0.0
        self._awake = task_count
        self._sleepers = []
        self._order = count()
        self._random = random.Random(task_count)

    @property
    def wall(self):
        return 1_800_000_000.0 + self.now

    @property
    def clock(self):
        return Clock(
            monotonic=lambda: 5_000.0 + self.now,
            wall=lambda: self.wall,
            sleep=self.sleep,
            uniform=self._random.uniform,
        )

    @contextmanager
    def task(self):
        """Count the task in the block as asleep once the block has ended."""
        try:
            yield
        finally:
            self._rest()

    async def sleep(self, seconds):
        woken = anyio.Event()
        heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        self._rest()
        await woken.wait()

    async def sleep_until(self, moment):
        await self.sleep(max(0.0, moment - self.now))

    def _rest(self):
        self._awake -= 1
        if self._awake == 0 and self._sleepers:
            self.now = self._sleepers[0][0]
            while self._sleepers and self._sleepers[0][0] <= self.now:
                self._awake += 1
                heappop(self._sleepers)[2].set()


@pytest.fixture
def virtual_time(monkeypatch):
    """Return a function that creates a clock for a number of tasks and makes new clients use it."""

    def create(tasks):
        time = VirtualTime(tasks)
        monkeypatch.setattr("duro.client.ClientSettings", partial(ClientSettings, clock=time.clock))
        return time

    return create
