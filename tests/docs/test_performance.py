"""Page "Performance": its tables and its chart show the stored results of one run."""

from __future__ import annotations

from tests.benchmarks.chart import draw_chart
from tests.benchmarks.report import CHART, PAGE, RESULTS, fill_page
from tests.benchmarks.results import Results
from tests.benchmarks.suite import WORKS


def test_page_contains_the_stored_results():
    page = PAGE.read_text(encoding="utf-8")
    assert fill_page(page, Results.read(RESULTS)) == page


def test_chart_of_the_page_shows_the_stored_results():
    assert CHART.read_text(encoding="utf-8") == draw_chart(Results.read(RESULTS))


def test_stored_results_name_works_of_the_suite():
    assert set(Results.read(RESULTS).measurements) <= {work.name for work in WORKS}
