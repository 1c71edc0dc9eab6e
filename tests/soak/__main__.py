"""Soak test: mixed traffic with faults and cancellation; no resource count may grow after the first minute.

``nox -s soak``, or ``nox -s soak -- --minutes 2 --backend trio``.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import anyio

from duro import AsyncDuro, Duro
from duro.sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET

from . import leak_checks
from .results import Result, Results
from .workers import TIMEOUT, TOLERANCE, Task, Thread
from .workloads import Fixtures

TASKS = 200
THREADS = 16
MAX_CONNECTIONS = 50
EXCHANGE_CONNECTIONS = 4


class Server:
    """Process of the sandbox."""

    def __init__(self, seed):
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("server.py")), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._process.stdout.readline().strip()

    def send(self, command):
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        if not self._process.stdout.readline():
            raise RuntimeError("the process of the sandbox ended")

    def close(self):
        self._process.communicate("end\n", timeout=60)


@contextmanager
def running_server(seed):
    server = Server(seed)
    try:
        yield server
    finally:
        server.close()


class Soak:
    """One run of the soak test."""

    def __init__(self, server, results, seed):
        self.server = server
        self.results = results
        self._seeds = random.Random(seed)
        self._errors = []
        options = {"base_url": server.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        self.asynchronous = AsyncDuro(**options, max_connections=MAX_CONNECTIONS)
        self.blocking = Duro(**options, max_connections=MAX_CONNECTIONS)

    async def run(self, seconds, first):
        async with self.asynchronous as duro:
            plan = await duro.plans.create(name="Pro", amount=50_000, interval="month")
            customer = await duro.customers.create(email="first@example.com")
            fixtures = Fixtures(plan.id, customer.id)
            await anyio.to_thread.run_sync(self.blocking.plans.list().page)
            await self.run_traffic(fixtures, first)
            early = await leak_checks.measure(duro, self.blocking._asynchronous)
            await self.run_traffic(fixtures, seconds - first)
            late = await leak_checks.measure(duro, self.blocking._asynchronous)
            self.blocking.close()
        closed = await leak_checks.measure()
        self.report(early, late, closed)

    async def run_traffic(self, fixtures, seconds):
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(
                target=self._run_thread, args=(Thread(fixtures, self.results, self._seeds.random()), until)
            )
            for _ in range(THREADS)
        ]
        await anyio.to_thread.run_sync(self.server.send, "start-faults")
        for thread in threads:
            thread.start()
        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                task = Task(fixtures, self.results, self._seeds.random())
                tasks.start_soon(task.run, self.asynchronous, until)
            await anyio.sleep(seconds)
            await anyio.to_thread.run_sync(self.server.send, "stop-faults")
        while any(thread.is_alive() for thread in threads):
            await anyio.sleep(0.05)
        if self._errors:
            raise self._errors[0]

    def _run_thread(self, worker, until):
        try:
            worker.run(self.blocking, until)
        except BaseException as error:
            self._errors.append(error)

    def report(self, early, late, closed):
        max_connections = 2 * (MAX_CONNECTIONS + EXCHANGE_CONNECTIONS)
        rows = list(leak_checks.compare(early, late, max_connections))
        print(f"\n{'':<18}{'first minute':>14}{'end':>14}{'allowed':>14}{'closed':>14}")
        for (name, first, last, allowed, kept), after in zip(rows, closed, strict=True):
            print(f"{name:<18}{first:>14,}{last:>14,}{allowed:>14,}{after:>14,}{'' if kept else '  LEAK'}")
        counts = dict(self.results.counts)
        print(f"longest call: {self.results.longest:.1f} s; results: {counts}")
        self.results.close()
        failures = [f"{name} grew from {first:,} to {last:,}" for name, first, last, _, kept in rows if not kept]
        failures += [f"{closed.connections} connections are open after the end"] if closed.connections else []
        failures += ["a call exceeded its timeout"] if self.results.longest > TIMEOUT + TOLERANCE else []
        failures += [f"the run has no call with the result {each}" for each in Result if not self.results.counts[each]]
        failures += self.results.find_differences(self.server.url)
        if failures:
            sys.exit("\n".join(failures[:20]))
        print("no write was lost or processed twice")


def main():
    parser = argparse.ArgumentParser(prog="nox -s soak --")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--backend", choices=["asyncio", "trio"], default="asyncio")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    leak_checks.UNRAISABLE_LOG.install()
    seconds = arguments.minutes * 60
    first = min(60.0, seconds / 3)
    # A run that hangs is ended, and prints the stack of each thread.
    faulthandler.dump_traceback_later(seconds + 240, exit=True)
    with tempfile.TemporaryDirectory() as directory, running_server(arguments.seed) as server:
        soak = Soak(server, Results(Path(directory) / "results"), arguments.seed)
        anyio.run(soak.run, seconds, first, backend=arguments.backend)


if __name__ == "__main__":
    main()
