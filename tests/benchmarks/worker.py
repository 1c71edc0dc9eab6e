"""Process that runs one candidate.

Its arguments are the candidate, such as ``awaited:open_httpx``, the address of the server, and ``wall`` or ``cpu``, the
time that is measured. Each line of the input is ``[calls, in_flight]``, and the program prints the seconds of a call.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from importlib import import_module

from .candidates.settings import MAX_CONNECTIONS

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


class AwaitedCalls:
    """Candidate that is awaited, with a task for each call in flight."""

    def __init__(self, opened, clock):
        self._opened = opened
        self._clock = clock
        self._runner = asyncio.Runner()

    def __enter__(self):
        self._call = self._runner.run(self._opened.__aenter__())
        return self

    def __exit__(self, *exception):
        self._runner.run(self._opened.__aexit__(None, None, None))
        self._runner.close()

    def measure(self, calls, in_flight):
        return self._runner.run(self._measure(calls, in_flight))

    async def _measure(self, calls, in_flight):
        await self._run(1, min(in_flight, MAX_CONNECTIONS))  # opens the connections that expired since the last round
        gc.collect()
        begin = self._clock()
        await self._run(calls // in_flight, in_flight)
        return (self._clock() - begin) / calls

    async def _run(self, calls, tasks):
        async with asyncio.TaskGroup() as group:
            for _ in range(tasks):
                group.create_task(self._repeat(calls))

    async def _repeat(self, calls):
        call = self._call
        for _ in range(calls):
            await call()


class BlockingCalls:
    """Candidate that blocks, with a thread for each call in flight."""

    def __init__(self, opened, clock):
        self._opened = opened
        self._clock = clock

    def __enter__(self):
        self._call = self._opened.__enter__()
        return self

    def __exit__(self, *exception):
        self._opened.__exit__(None, None, None)

    def measure(self, calls, in_flight):
        if in_flight == 1:
            return self._time(self._repeat, calls) / calls
        with ThreadPoolExecutor(in_flight) as threads:

            def run(calls_of_thread):
                list(threads.map(self._repeat, [calls_of_thread] * in_flight))

            return self._time(run, calls // in_flight) / calls

    def _time(self, run, calls):
        run(1)
        gc.collect()
        begin = self._clock()
        run(calls)
        return self._clock() - begin

    def _repeat(self, calls):
        call = self._call
        for _ in range(calls):
            call()


def main():
    candidate, url, clock = sys.argv[1:]
    module, _, function = candidate.partition(":")
    opened = getattr(import_module(f"tests.benchmarks.candidates.{module}"), function)(url)
    kind = AwaitedCalls if isinstance(opened, AbstractAsyncContextManager) else BlockingCalls
    with kind(opened, CLOCKS[clock]) as calls:
        print("ready", flush=True)
        for line in sys.stdin:
            print(calls.measure(*json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
