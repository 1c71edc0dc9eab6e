"""Number of memory blocks that the result of an operation holds."""

from __future__ import annotations

import gc
import sys

from .operations import create_verification, decode_page

ROUNDS = 10


def measure_blocks():
    """Return the figures of all operations by name."""
    return {
        "page of 100 plans decoded": count_blocks(decode_page),
        "webhook delivery of 2 KB verified": count_blocks(create_verification()),
    }


def count_blocks(operation):
    """Return the smallest of several counts, because Python also allocates blocks for its own caches."""
    operation()
    counts = []
    for _ in range(ROUNDS):
        gc.collect()
        before = sys.getallocatedblocks()
        result = operation()
        counts.append(sys.getallocatedblocks() - before)
        del result
    return min(counts)
