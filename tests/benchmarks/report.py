"""Program that writes the results of a run into the page "Performance".

``python -m tests.benchmarks.report results.json`` replaces the tables of the page and the chart, and keeps the results
beside them.
"""

from __future__ import annotations

import re
import sys

from .chart import draw_chart
from .processes import ROOT
from .results import Results
from .tables import (
    COMPARISON_HEADER,
    ENVIRONMENT_HEADER,
    FIGURE_HEADER,
    list_comparisons,
    list_figures,
    to_markdown,
)

DOCS = ROOT / "docs"
PAGE = DOCS / "performance.md"
CHART = DOCS / "performance.svg"
RESULTS = DOCS / "performance.json"


def fill_page(page, results):
    """Return a page with the tables of some results.

    Args:
        page: Text of the page.
        results: Results of a run.
    """
    tables = {
        "Comparisons": to_markdown(COMPARISON_HEADER, list_comparisons(results)),
        "All figures": to_markdown(FIGURE_HEADER, list_figures(results)),
        "Machine and packages": to_markdown(ENVIRONMENT_HEADER, list(results.environment.items())),
    }
    for heading, table in tables.items():
        page = replace_table(page, heading, table)
    return page


def replace_table(page, heading, table):
    """Return a page with another table in the place of the first one below a heading."""
    pattern = re.compile(rf"(^## {heading}\n(?:(?!\||#).*\n)*)(?:\|.*\n)+", re.MULTILINE)
    replaced, count = pattern.subn(lambda found: f"{found[1]}{table}\n", page, count=1)
    if not count:
        raise ValueError(f"the page must have a table below the heading {heading!r}")
    return replaced


def main():
    (path,) = sys.argv[1:]
    results = Results.read(path)
    PAGE.write_text(fill_page(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    CHART.write_text(draw_chart(results), encoding="utf-8")
    results.write(RESULTS)
    print(f"{PAGE}\n{CHART}\n{RESULTS}")


if __name__ == "__main__":
    main()
