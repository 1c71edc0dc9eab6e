"""Costs of operations in numbers that do not depend on the load of the machine: ``nox -s budgets``."""

from __future__ import annotations

import sys

from .function_calls import measure_functions
from .instructions import measure_instructions
from .memory_blocks import measure_blocks
from .report import compare
from .table import BUDGETS


def main():
    figures = dict(zip(BUDGETS, (measure_functions(), measure_blocks(), measure_instructions()), strict=True))
    print_report(figures, BUDGETS)


def print_report(figures, budgets):
    lines, is_broken = compare(figures, budgets)
    print(*lines, sep="\n")
    if is_broken:
        sys.exit("\nA budget is broken: make the operation cheaper, or raise the budget in tests/budgets/table.py.")


if __name__ == "__main__":
    main()
