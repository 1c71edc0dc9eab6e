"""Leak checks: counts of resources, measured when no call is in progress."""

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
# Bytes. Memory pools keep the size of the highest load, and some of their pages stay partly empty.
RSS_TOLERANCE = 8 * MIB
# Caches fill up to their bounds, and the interpreter specializes code. A block lost in each call would be tens of
# thousands.
BLOCKS_TOLERANCE = 5_000


class UnraisableLog(logging.Handler):
    """Counter of errors that cannot be raised: warnings in finalizers, and errors that event loops log."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.count = 0

    def install(self):
        warnings.simplefilter("error", ResourceWarning)
        sys.unraisablehook = self._count_unraisable
        logging.getLogger("asyncio").addHandler(self)

    def emit(self, record):
        self.count += 1
        print(self.format(record), file=sys.stderr)

    def _count_unraisable(self, unraisable):
        self.count += 1
        sys.__unraisablehook__(unraisable)


UNRAISABLE_LOG = UnraisableLog()


class Measurement(NamedTuple):
    """Counts of all resources at one time."""

    descriptors: int
    connections: int
    threads: int
    tasks: int
    used_slots: int
    event_loops: int
    unraisable_errors: int
    blocks: int
    rss: int


def transports_of(client):
    """Return the transports of a client, one for each event loop."""
    return list(client._requester.state.pipeline._transports._values.values())


def _used_slots(client):
    max_connections = client._requester.state.pipeline._settings.max_connections
    return sum(max_connections - each.slots.value for each in transports_of(client))


async def measure(*clients):
    """Wait for tasks and threads that are about to end, then count all resources."""
    process = psutil.Process()
    await anyio.sleep(2)
    for _ in range(3):
        gc.collect()
        await anyio.sleep(0.1)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    connections = len(process.net_connections("tcp"))
    return Measurement(
        descriptors=process.num_fds() - connections,
        connections=connections,
        threads=process.num_threads(),
        tasks=sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects()),
        used_slots=sum(map(_used_slots, clients)),
        event_loops=sum(len(transports_of(client)) for client in clients),
        unraisable_errors=UNRAISABLE_LOG.count,
        blocks=sys.getallocatedblocks(),
        rss=process.memory_info().rss,
    )


def compare(early, late, max_connections):
    """Yield a row for each resource: name, early count, late count, maximum, and whether the maximum is kept."""
    allowed = early._replace(
        connections=max_connections,
        used_slots=0,
        unraisable_errors=0,
        blocks=early.blocks + BLOCKS_TOLERANCE,
        rss=early.rss + RSS_TOLERANCE,
    )
    for name, first, last, maximum in zip(Measurement._fields, early, late, allowed, strict=True):
        yield name, first, last, maximum, last <= maximum
