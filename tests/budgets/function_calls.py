"""Number of Python functions that an operation starts, in all threads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from duro import AsyncDuro, Duro

from .operations import CREDENTIALS, MemoryTransport, create_verification, decode_page

ROOT = Path(__file__).parents[2]
TRANSPORTS = {"default transport": "httpx", "aiohttp transport": "aiohttp", "transport in memory": MemoryTransport}

# The smallest count is the one without other work, such as that of the garbage collector.
ROUNDS = 50


def measure_functions():
    """Return the figures of all operations by name."""
    with running_server() as url:
        return {
            **{
                f"awaited call, {transport}, {credential}": asyncio.run(
                    measure_awaited_call(base_url=url, transport=TRANSPORTS[transport], **CREDENTIALS[credential])
                )
                for transport, credential in product(TRANSPORTS, CREDENTIALS)
            },
            "blocking call, default transport, secret key": measure_blocking_call(url),
            "page of 100 plans decoded": count_functions(decode_page),
            "webhook delivery of 2 KB verified": count_functions(create_verification()),
        }


@contextmanager
def running_server():
    """Run the server of fixed responses in another process, and return its address."""
    program = (sys.executable, "-m", "tests.benchmarks.server", "0")
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


async def measure_awaited_call(**arguments):
    counts = []
    async with AsyncDuro(**arguments) as client:
        for _ in range(ROUNDS):
            with recorded_functions() as functions:
                await client.customers.retrieve("cus_1")
            counts.append(len(functions))
    return min(counts)


def measure_blocking_call(url):
    with Duro("sk_test_1", base_url=url) as client:
        return count_functions(lambda: client.customers.retrieve("cus_1"))


def count_functions(operation):
    """Return the smallest of several counts, without the operation itself."""
    counts = []
    for _ in range(ROUNDS):
        with recorded_functions() as functions:
            operation()
        counts.append(len(functions) - 1)
    return min(counts)


@contextmanager
def recorded_functions():
    """Record the code of each Python function that starts, in all threads. Requires Python 3.12."""
    tool, start = sys.monitoring.PROFILER_ID, sys.monitoring.events.PY_START
    functions = []
    sys.monitoring.use_tool_id(tool, "budgets")
    # Two threads may append at the same time, but they may not increment a number.
    sys.monitoring.register_callback(tool, start, lambda code, _: functions.append(code))
    sys.monitoring.set_events(tool, start)
    try:
        yield functions
    finally:
        sys.monitoring.set_events(tool, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(tool)
