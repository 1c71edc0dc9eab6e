"""Benchmarks of Duro and its peers in the same run. The figures do not fail the run.

``nox -s bench``, or ``nox -s bench -- --rounds 9 --only blocking --json results.json``.
"""

from __future__ import annotations

import argparse
import sys

from .results import Measurement, Results, describe_environment
from .suite import WORKS
from .tables import (
    COMPARISON_HEADER,
    ENVIRONMENT_HEADER,
    FIGURE_HEADER,
    list_comparisons,
    list_failures,
    list_figures,
    to_text,
)

MIN_ROUNDS = 5


def measure(works, arguments):
    """Measure works one after the other. The results are stored after each of them."""
    results = Results(describe_environment(arguments.rounds, arguments.clock), {})
    for work in works:
        print(f"measuring: {work.name}", file=sys.stderr, flush=True)
        figures, failures = work.measure(arguments.rounds, clock=arguments.clock, calls_divisor=arguments.divide_calls)
        results.measurements[work.name] = Measurement(work.name, work.unit, figures, failures)
        if arguments.json:
            results.write(arguments.json)
    return results


def main():
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Compare the speed with other packages.")
    parser.add_argument("--rounds", type=int, default=MIN_ROUNDS, help="rounds that count; default: %(default)s")
    parser.add_argument(
        "--clock", choices=["wall", "cpu"], default="wall", help="time of calls: wall, or cpu for a busy machine"
    )
    parser.add_argument(
        "--divide-calls", type=int, default=1, metavar="N", help="make only one Nth of the calls of a round"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="measure the works that contain this text")
    parser.add_argument("--json", metavar="FILE", help="also write the results to this file")
    arguments = parser.parse_args()
    works = [work for work in WORKS if arguments.only in work.name]
    if not works:
        parser.error(f"--only must be part of a work, got {arguments.only!r}: {', '.join(each.name for each in WORKS)}")
    results = measure(works, arguments)
    print(f"\n{to_text(ENVIRONMENT_HEADER, list(results.environment.items()))}")
    print(f"\n{to_text(FIGURE_HEADER, list_figures(results))}\n")
    print(f"{to_text(COMPARISON_HEADER, list_comparisons(results))}\n")
    print("\n".join(list_failures(results)))


if __name__ == "__main__":
    main()
