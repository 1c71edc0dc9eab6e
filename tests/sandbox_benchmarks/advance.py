"""Speed of an advance: monthly subscriptions through a year, in memory and in a file.

    python tests/sandbox_benchmarks/advance.py [--subscriptions 1000] [--days 365] [--failing 0.35] [--profile]

It prints the seconds of CPU time and of wall time, and the functions that cost most with ``--profile``.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
SEED = 7
PROFILE_LINES = 25


def open_backend(database: Path | None, subscriptions: int) -> Backend:
    """Open a backend with subscriptions of one plan."""
    backend = Backend.open(database, 3600, ClockSettings("frozen", START, SEED))
    with backend.store.transaction() as db:
        for number in range(subscriptions):
            uow = backend.work.for_request(db, START, str(number).encode())
            if not number:
                values = {"name": "Pro", "amount": 500_000, "currency": "NGN", "interval": "month"}
                plan = create_plan(uow, {**values, "interval_count": 1, "trial_days": 0})
            start_subscription(uow, add_customer(uow, {"email": f"customer{number}@example.com"}), plan)
    return backend


def measure(name: str, advance: Callable[[], object]) -> None:
    """Run an advance, and print its times and its result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = advance()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:8} {cpu:7.2f} s CPU {wall:7.2f} s wall  {result}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscriptions", type=int, default=1000)
    parser.add_argument("--days", type=float, default=365)
    parser.add_argument("--failing", type=float, default=0.35, help="share of the charges that fail")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, database in {"memory": None, "file": Path(folder) / "sandbox.db"}.items():
            backend = open_backend(database, options.subscriptions)
            backend.cards.profile({"insufficient_funds": options.failing * 0.7, "do_not_honor": options.failing * 0.3})
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
