"""Soak: mixed traffic with faults and cancellation, and then everything is as it was after the first minute.

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
import gauges
from books import Books, Ending
from callers import GRACE, PATIENCE, Task, Thread
from stories import Stage

from duro import AsyncDuro, Duro
from duro.sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET

TASKS = 200
THREADS = 16
CONNECTIONS = 50
EXCHANGE_CONNECTIONS = 4


class Server:
    """The sandbox's process."""

    def __init__(self, seed):
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("server.py")), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._process.stdout.readline().strip()

    def tell(self, word):
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        if not self._process.stdout.readline():
            raise RuntimeError("the sandbox's process ended")

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
    """One run."""

    def __init__(self, server, books, seed):
        self.server = server
        self.books = books
        self._seeds = random.Random(seed)
        self._failures = []
        options = {"base_url": server.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        self.awaited = AsyncDuro(**options, max_connections=CONNECTIONS)
        self.blocking = Duro(**options, max_connections=CONNECTIONS)

    async def run(self, seconds, first):
        async with self.awaited as duro:
            plan = await duro.plans.create(name="Pro", amount=50_000, interval="month")
            customer = await duro.customers.create(email="first@example.com")
            stage = Stage(plan.id, customer.id)
            await anyio.to_thread.run_sync(self.blocking.plans.list().page)
            await self.traffic(stage, first)
            early = await gauges.read(duro, self.blocking.asynchronous)
            await self.traffic(stage, seconds - first)
            late = await gauges.read(duro, self.blocking.asynchronous)
            lanes = [*gauges.transports_of(duro), *gauges.transports_of(self.blocking.asynchronous)]
            replaced = [lane.transport.pools_replaced for lane in lanes]
            self.blocking.close()
        closed = await gauges.read()
        self.report(early, late, closed, replaced)

    async def traffic(self, stage, seconds):
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._guarded, args=(Thread(stage, self.books, self._seeds.random()), until))
            for _ in range(THREADS)
        ]
        await anyio.to_thread.run_sync(self.server.tell, "strike")
        for thread in threads:
            thread.start()
        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(Task(stage, self.books, self._seeds.random()).play, self.awaited, until)
            await anyio.sleep(seconds)
            await anyio.to_thread.run_sync(self.server.tell, "rest")
        while any(thread.is_alive() for thread in threads):
            await anyio.sleep(0.05)
        if self._failures:
            raise self._failures[0]

    def _guarded(self, caller, until):
        try:
            caller.play(self.blocking, until)
        except BaseException as error:
            self._failures.append(error)

    def report(self, early, late, closed, replaced):
        most = 2 * (CONNECTIONS + EXCHANGE_CONNECTIONS)
        rows = list(gauges.growth(early, late, most))
        print(f"\n{'':<14}{'first minute':>14}{'end':>14}{'allowed':>14}{'closed':>14}")
        for (name, first, last, allowed, kept), after in zip(rows, closed, strict=True):
            print(f"{name:<14}{first:>14,}{last:>14,}{allowed:>14,}{after:>14,}{'' if kept else '  LEAK'}")
        print(
            f"pools replaced: {replaced}; longest call: {self.books.longest:.1f} s; endings: {dict(self.books.endings)}"
        )
        self.books.close()
        faults = [f"{name} grew from {first:,} to {last:,}" for name, first, last, _, kept in rows if not kept]
        faults += [f"{closed.connections} connections are open after the end"] if closed.connections else []
        faults += ["a call hung"] if self.books.longest > PATIENCE + GRACE else []
        faults += [f"no call ended with {ending}" for ending in Ending if not self.books.endings[ending]]
        faults += self.books.differences(self.server.url)
        if faults:
            sys.exit("\n".join(faults[:20]))
        print("nothing lost, nothing twice")


def main():
    parser = argparse.ArgumentParser(prog="nox -s soak --")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--backend", choices=["asyncio", "trio"], default="asyncio")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    gauges.NOISE.listen()
    seconds = arguments.minutes * 60
    first = min(60.0, seconds / 3)
    # Whatever hangs ends here, and says where.
    faulthandler.dump_traceback_later(seconds + 240, exit=True)
    with tempfile.TemporaryDirectory() as place, running_server(arguments.seed) as server:
        soak = Soak(server, Books(Path(place) / "books"), arguments.seed)
        anyio.run(soak.run, seconds, first, backend=arguments.backend)


if __name__ == "__main__":
    main()
