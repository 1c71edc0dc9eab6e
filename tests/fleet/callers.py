"""Programs that call the sandbox with a token store, on asyncio, on trio and blocking.

Each program reads its commands from the standard input and answers with one line:

* ``burst``: all tasks make one call at the same time.
* ``start``: all tasks call again and again. The program answers when each has made a call, and continues.
* ``stop``: the tasks end.

The line contains a ``Report`` of the calls since the last one.
"""

from __future__ import annotations

import json

from attrs import field, frozen

from tests.support.timeouts import TIMEOUT

# On a machine with other work, a store may not respond within its 250 ms. The process then exchanges by itself. Tests
# that count exchanges therefore extend the limits, which have tests of their own.
EXTEND_LIMITS = """
from duro.auth import shared_exchange
from duro.auth.stores.redis import clients, session
shared_exchange.SECONDS_BEFORE_EXCHANGE = shared_exchange.SECONDS_AFTER_EXCHANGE = 10.0
clients.CONNECT_TIMEOUT_SECONDS = session.CONNECT_TIMEOUT_SECONDS = session.COMMAND_TIMEOUT_SECONDS = 10.0
"""


def multiply_limits(factor):
    """Return the extended limits and those of an exchange, all multiplied, for machines that run much at once."""
    return f"""
{EXTEND_LIMITS}
from duro.auth import exchange
exchange.EXCHANGE_TIMEOUT_SECONDS *= {factor}
shared_exchange.LEASE_SECONDS *= {factor}
shared_exchange.MAX_WAIT_SECONDS *= {factor}
shared_exchange.SECONDS_BEFORE_EXCHANGE *= {factor}
shared_exchange.SECONDS_AFTER_EXCHANGE *= {factor}
clients.CONNECT_TIMEOUT_SECONDS *= {factor}
session.CONNECT_TIMEOUT_SECONDS *= {factor}
session.COMMAND_TIMEOUT_SECONDS *= {factor}
"""


ASYNC_CALLER = """
import json, random, sys, time
import anyio
from duro import AsyncDuro

async def main(url, tasks, max_pause, timeout):
    async with AsyncDuro(token_store=url, timeout=timeout) as client:
        calls, failures, seconds = 0, [], []

        async def call():
            nonlocal calls
            began = time.monotonic()
            try:
                await client.request("GET", "/v1/plans")
            except Exception as error:
                failures.append(repr(error))
            seconds.append(time.monotonic() - began)
            calls += 1

        async def call_repeatedly(begun):
            while True:
                await anyio.sleep(random.uniform(0, max_pause))
                await call()
                begun.set()

        def report():
            counters = client.token_store_counters
            print(json.dumps({
                "calls": calls, "failures": failures, "slowest": max(seconds, default=0.0),
                "exchanges": counters.exchanges, "store_hits": counters.store_hits,
                "store_errors": counters.store_errors,
            }), flush=True)
            seconds.clear()

        print("ready", flush=True)
        async with anyio.create_task_group() as group:
            while command := (await anyio.to_thread.run_sync(sys.stdin.readline)).strip():
                if command == "burst":
                    async with anyio.create_task_group() as burst:
                        for _ in range(tasks):
                            burst.start_soon(call)
                elif command == "start":
                    begun = [anyio.Event() for _ in range(tasks)]
                    for each in begun:
                        group.start_soon(call_repeatedly, each)
                    for each in begun:
                        await each.wait()
                report()
                if command == "stop":
                    group.cancel_scope.cancel()

url, tasks, *limits, backend = sys.argv[1:]
anyio.run(main, url, int(tasks), *map(float, limits), backend=backend)
"""
BLOCKING_CALLER = """
import json, random, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from duro import Duro

url, tasks, max_pause, timeout = sys.argv[1], *map(float, sys.argv[2:])
tasks = int(tasks)
failures, seconds = [], []
calls, has_stopped = 0, threading.Event()

def call(_=None):
    global calls
    began = time.monotonic()
    try:
        client.request("GET", "/v1/plans")
    except Exception as error:
        failures.append(repr(error))
    seconds.append(time.monotonic() - began)
    calls += 1

def call_repeatedly(begun):
    while not has_stopped.is_set():
        time.sleep(random.uniform(0, max_pause))
        call()
        begun.set()

def report():
    counters = client.token_store_counters
    print(json.dumps({
        "calls": calls, "failures": failures, "slowest": max(seconds, default=0.0),
        "exchanges": counters.exchanges, "store_hits": counters.store_hits, "store_errors": counters.store_errors,
    }), flush=True)
    seconds.clear()

with Duro(token_store=url, timeout=timeout) as client, ThreadPoolExecutor(tasks) as pool:
    print("ready", flush=True)
    while command := sys.stdin.readline().strip():
        if command == "burst":
            list(pool.map(call, range(tasks)))
        elif command == "start":
            begun = [threading.Event() for _ in range(tasks)]
            for each in begun:
                pool.submit(call_repeatedly, each)
            for each in begun:
                each.wait()
        elif command == "stop":
            has_stopped.set()
        report()
"""
KINDS = ("asyncio", "trio", "blocking")
# Many processes that start and call together share few cores.
MAX_WAIT_SECONDS = 10 * TIMEOUT


@frozen
class Report:
    """Calls and counters of one process.

    Attributes:
        calls: Number of calls since the start.
        failures: Representations of the errors since the start.
        slowest: Duration of the slowest call since the last report, in seconds.
        exchanges: Counter of the client.
        store_hits: Counter of the client.
        store_errors: Counter of the client.
    """

    calls: int
    slowest: float
    exchanges: int
    store_hits: int
    store_errors: int
    failures: list[str] = field(factory=list)


class Fleet:
    """Processes of all kinds that share a token store.

    Args:
        run_program: Fixture that starts a program.
        url: URL of the token store.
        processes: Number of processes.
        tasks: Number of tasks or threads of each process.
        max_pause: Longest pause of a task between two calls, in seconds.
        timeout: Deadline of a call, in seconds.
        preface: Source that runs first in each process, such as ``EXTEND_LIMITS``.
    """

    def __init__(self, run_program, url, *, processes, tasks, max_pause=1.0, timeout=30.0, preface=""):
        arguments = url, tasks, max_pause, timeout
        self.programs = [
            run_program(preface + BLOCKING_CALLER, *arguments)
            if kind == "blocking"
            else run_program(preface + ASYNC_CALLER, *arguments, kind)
            for kind in (KINDS[number % 3] for number in range(processes))
        ]
        for program in self.programs:
            assert program.read_line(MAX_WAIT_SECONDS) == "ready"

    def send(self, command):
        """Send a command to all processes at once, and return their reports."""
        for program in self.programs:
            program.write_line(command)
        return [Report(**json.loads(program.read_line(MAX_WAIT_SECONDS))) for program in self.programs]

    def burst(self):
        """Make one call with each task, and return the reports. No call may fail."""
        reports = self.send("burst")
        assert {failure for report in reports for failure in report.failures} == set()
        return reports

    def kill(self, program):
        program.process.kill()
        self.programs.remove(program)
