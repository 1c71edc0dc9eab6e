"""Long run of the billing machine, with other stories in each run.

``nox -s machine``, or ``nox -s machine -- --minutes 2 --steps 80``.
"""

from __future__ import annotations

import argparse
import time

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sandbox.machine.machine import BillingMachine

EXAMPLES_PER_ROUND = 50


def main() -> None:
    parser = argparse.ArgumentParser(description="Run random stories until the time is over or an invariant breaks.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--steps", type=int, default=50, help="maximum number of steps of a story")
    options = parser.parse_args()
    chosen = settings(
        max_examples=EXAMPLES_PER_ROUND,
        stateful_step_count=options.steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    end = time.monotonic() + options.minutes * 60
    rounds = 0
    while time.monotonic() < end:
        run_state_machine_as_test(BillingMachine, settings=chosen)
        rounds += 1
        print(f"{rounds * EXAMPLES_PER_ROUND} stories, {BillingMachine.steps} steps, no violation", flush=True)


if __name__ == "__main__":
    main()
