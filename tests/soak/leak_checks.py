"""What a leak would show in: counted when everything is at rest."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import sys
import warnings
from contextlib import suppress
from typing import NamedTuple

import anyio
import psutil

MIB = 1 << 20
# The memory of a process breathes: pools of objects grow to the most that was ever at once, and pages stay half full.
RSS_TOLERANCE = 8 * MIB
# Caches fill up to their bound, and the interpreter specializes; one lost with each call would be tens of thousands.
BLOCKS_TOLERANCE = 5_000

# A task.cancel() can take a connection of httpcore's with it; when the last of a pool is gone, the pool is replaced.
MOST_BUSY = 10


class Noise(logging.Handler):
    """Counts what can be raised nowhere: warnings in finalizers, and what event loops can only log."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.count = 0

    def listen(self):
        warnings.simplefilter("error", ResourceWarning)
        sys.unraisablehook = self._unraisable
        logging.getLogger("asyncio").addHandler(self)

    def emit(self, record):
        self.count += 1
        print(self.format(record), file=sys.stderr)

    def _unraisable(self, unraisable):
        self.count += 1
        sys.__unraisablehook__(unraisable)


NOISE = Noise()


class Gauges(NamedTuple):
    """One reading."""

    descriptors: int
    connections: int
    threads: int
    tasks: int
    slots_taken: int
    busy: int
    event_loops: int
    noise: int
    blocks: int
    rss: int


def transports_of(client):
    """Give what a client keeps for each event loop."""
    return list(client._requester.core.pipeline._transports._values.values())


def _slots_taken(client):
    width = client._requester.core.pipeline._settings.max_connections
    return sum(width - lane.slots.value for lane in transports_of(client))


def _busy_connections(client):
    pools = [lane.transport._pool._transport._pool for lane in transports_of(client)]
    return sum(not (each.is_idle() or each.is_closed()) for pool in pools for each in pool.connections)


async def read(*clients):
    """Read all gauges, when what ends by itself has ended."""
    process = psutil.Process()
    await anyio.sleep(2)
    for _ in range(3):
        gc.collect()
        await anyio.sleep(0.1)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    connections = len(process.net_connections("tcp"))
    return Gauges(
        descriptors=process.num_fds() - connections,
        connections=connections,
        threads=process.num_threads(),
        tasks=sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects()),
        slots_taken=sum(map(_slots_taken, clients)),
        busy=sum(map(_busy_connections, clients)),
        event_loops=sum(len(transports_of(client)) for client in clients),
        noise=NOISE.count,
        blocks=sys.getallocatedblocks(),
        rss=process.memory_info().rss,
    )


def growth(early, late, most_connections):
    """Give the rows of the table: name, early, late, the most allowed, and whether it is kept."""
    allowed = early._replace(
        connections=most_connections,
        slots_taken=0,
        busy=MOST_BUSY,
        noise=0,
        blocks=early.blocks + BLOCKS_TOLERANCE,
        rss=early.rss + RSS_TOLERANCE,
    )
    for name, first, last, most in zip(Gauges._fields, early, late, allowed, strict=True):
        yield name, first, last, most, last <= most
