"""Time of the start and stop of a sandbox, and of a whole test with one request.

    python -m tests.benchmarks.sandbox.start [--rounds 100] [--clock frozen] [--tls]

It prints the medians and minima in milliseconds, of CPU time and of wall time. The goals for the medians of wall time,
on a machine without other work, are 10 ms for a start, 20 ms for a stop, and 20 ms for a test.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from typing import TypeAlias

from duro.sandbox import Sandbox

# Seconds of CPU time and of wall time of each round, by the name of the work.
Times: TypeAlias = defaultdict[str, list[tuple[float, float]]]


@contextmanager
def measured(times: Times, name: str) -> Generator[None, None, None]:
    """Add the times of the block."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    times[name].append((time.process_time() - cpu, time.perf_counter() - wall))


def connect(sandbox: Sandbox) -> HTTPConnection:
    """Return a connection that costs little itself."""
    host = sandbox.url.partition("//")[2]
    context = sandbox.ssl_context
    return HTTPConnection(host) if context is None else HTTPSConnection(host, context=context)


def run_test(times: Times, sandbox: Sandbox) -> None:
    """Start a sandbox, send one request, and stop the sandbox."""
    with measured(times, "test"):
        with measured(times, "start"):
            sandbox.start()
        with measured(times, "request"), closing(connect(sandbox)) as connection:
            connection.request("GET", "/v1/plans", headers={"Authorization": f"Bearer {sandbox.secret_key}"})
            assert connection.getresponse().status == 200
        with measured(times, "stop"):
            sandbox.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--clock", choices=["real", "frozen"], default="real")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    # The first round also imports and compiles.
    run_test(defaultdict(list), Sandbox(clock=options.clock, tls=options.tls))
    times: Times = defaultdict(list)
    for _ in range(options.rounds):
        run_test(times, Sandbox(clock=options.clock, tls=options.tls))
    print(f"{'ms':8} {'CPU median':>11} {'CPU min':>8} {'wall median':>12} {'wall min':>9}")
    for name in ("start", "request", "stop", "test"):
        cpu, wall = ([seconds * 1000 for seconds in column] for column in zip(*times[name], strict=True))
        medians = statistics.median(cpu), statistics.median(wall)
        print(f"{name:8} {medians[0]:11.2f} {min(cpu):8.2f} {medians[1]:12.2f} {min(wall):9.2f}")


if __name__ == "__main__":
    main()
