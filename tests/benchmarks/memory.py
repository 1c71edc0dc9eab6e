"""Program that walks all pages of a list, and prints how far the memory grew above that of an idle client, in bytes.

The first argument is ``objects``, the memory that Python allocates, or ``process``, the resident memory.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
import tracemalloc
from pathlib import Path

from duro import AsyncDuro
from tests.benchmarks.candidates.settings import CUSTOMER_ID, SECRET_KEY
from tests.benchmarks.responses import PAGE_ITEMS, PAGES


class ObjectMemory:
    """Memory that Python allocates."""

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *exception):
        tracemalloc.stop()

    def begin(self):
        tracemalloc.reset_peak()
        self._before, _ = tracemalloc.get_traced_memory()

    def peak(self):
        return tracemalloc.get_traced_memory()[1] - self._before


class ProcessMemory:
    """Resident memory, of which Linux keeps the peak."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def begin(self):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
        self._before = read_status("VmRSS")

    def peak(self):
        return read_status("VmHWM") - self._before


def read_status(name):
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1_024


async def measure(memory, url):
    async with AsyncDuro(SECRET_KEY, base_url=url) as client:
        await client.customers.retrieve(CUSTOMER_ID)  # the client is idle after it
        gc.collect()
        memory.begin()
        items = 0
        async for _ in client.plans.list(page_size=PAGE_ITEMS):
            items += 1
        assert items == PAGE_ITEMS * PAGES
        return memory.peak()


def main():
    kind, url = sys.argv[1:]
    with {"objects": ObjectMemory, "process": ProcessMemory}[kind]() as memory:
        print(asyncio.run(measure(memory, url)))


if __name__ == "__main__":
    main()
