"""Speed of an advance: monthly subscriptions through a year, in memory and in a file.

    python -m tests.benchmarks.sandbox.advance [--subscriptions 1000] [--days 365] [--failing 0.35] [--profile]

It prints the seconds of CPU time and of wall time, and the wall time as a number of raw httpx requests, which are
measured before and after each advance. With ``--profile`` it prints the functions that cost most.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from duro.sandbox.backend import Backend
from duro.sandbox.clock import ClockSettings

from .httpx_requests import measure_request
from .subscriptions import SEED, START, add_subscriptions, fail_charges

PROFILE_LINES = 25


def measure(name: str, advance: Callable[[], object]) -> None:
    """Run an advance between two measurements of a request, and print its times and its result."""
    before = measure_request()
    wall, cpu = time.perf_counter(), time.process_time()
    result = advance()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    request = statistics.mean([before, measure_request()])
    in_requests = f"{wall / request:9,.0f} requests of {request * 1e6:,.0f} µs"
    print(f"{name:8} {cpu:7.2f} s CPU {wall:7.2f} s wall {in_requests}  {result}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscriptions", type=int, default=1000)
    parser.add_argument("--days", type=float, default=365)
    parser.add_argument("--failing", type=float, default=0.35, help="share of the charges that fail")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, database in {"memory": None, "file": Path(folder) / "sandbox.db"}.items():
            backend = Backend.open(database, 3600, ClockSettings("frozen", START, SEED))
            add_subscriptions(backend, options.subscriptions)
            fail_charges(backend, options.failing)
            profile = cProfile.Profile()
            if options.profile:
                profile.enable()
            measure(name, lambda backend=backend: backend.clock.advance(days=options.days))
            profile.disable()
            if options.profile:
                pstats.Stats(profile).sort_stats("tottime").print_stats(PROFILE_LINES)
            backend.close()


if __name__ == "__main__":
    main()
