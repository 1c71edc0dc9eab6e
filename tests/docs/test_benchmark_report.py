"""Report of the benchmarks: comparisons, tables, chart and stored results. No test depends on a time."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.chart import draw_chart
from tests.benchmarks.goals import COMPARISONS, MIB, Comparison
from tests.benchmarks.processes import CandidateError
from tests.benchmarks.report import replace_table
from tests.benchmarks.results import Measurement, Results, describe_environment
from tests.benchmarks.rounds import ROUND_SECONDS, Rounds, alternate
from tests.benchmarks.suite import WORKS
from tests.benchmarks.tables import (
    format_comparison,
    format_figure,
    format_goal,
    list_comparisons,
    list_failures,
    list_figures,
    to_markdown,
    to_text,
)

AWAITED = Measurement(
    "awaited, 100 in flight",
    "seconds",
    {"httpx": [0.001, 0.003, 0.002], "duro": [0.0005, 0.0004, 0.0009]},
    {"openai": "ImportError: <broken>"},
)
RESULTS = Results({"Python": "3.13"}, {AWAITED.work: AWAITED})


def compare(goal, *, is_throughput=False):
    return Comparison(AWAITED.work, "duro", "httpx", goal, is_throughput)


def draw(element):
    """Return the elements of one kind in the chart of the test."""
    root = ET.fromstring(draw_chart(RESULTS))  # noqa: S314 - text of the test
    return root.iter(f"{{http://www.w3.org/2000/svg}}{element}")


def test_comparisons_name_works_and_candidates_of_the_suite():
    works = {work.name: work.all_candidates for work in WORKS}
    for each in COMPARISONS:
        assert each.candidate in works[each.work]
        assert each.peer is None or each.peer in works[each.work]


def test_ratio_is_that_of_the_medians():
    assert compare(0.3).ratio(AWAITED) == pytest.approx(0.25)
    assert compare(0.3, is_throughput=True).ratio(AWAITED) == pytest.approx(4)


@pytest.mark.parametrize(
    ("comparison", "is_held"),
    [
        (compare(0.25), True),
        (compare(0.2), False),
        (compare(3.9, is_throughput=True), True),
        (compare(4.1, is_throughput=True), False),
        (compare(None), None),
        (Comparison(AWAITED.work, "stripe", "httpx", 0.2), None),
        (Comparison(AWAITED.work, "duro", goal=0.0005), True),
    ],
)
def test_goal_is_held_or_missed(comparison, is_held):
    assert comparison.is_held(AWAITED) is is_held


def test_row_of_a_comparison_shows_both_figures_and_the_goal():
    row = format_comparison(compare(0.2), AWAITED)
    assert row == ("awaited, 100 in flight", "duro", "500 µs", "httpx, 2,000 µs", "0.25", "≤ 0.20", "missed")


def test_row_of_a_missing_candidate_has_no_result():
    row = format_comparison(Comparison(AWAITED.work, "stripe", "httpx", 0.2), AWAITED)
    assert row[2:] == ("not measured", "httpx, 2,000 µs", "", "≤ 0.20", "")


def test_bound_of_a_figure_has_its_unit():
    assert format_goal(Comparison("walk", "duro", goal=5 * MIB), "bytes") == "≤ 5.0 MiB"
    assert format_goal(compare(0.95, is_throughput=True), "seconds") == "≥ 0.95"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "seconds", "not measured"),
        (0.1424, "seconds", "142 ms"),
        (0.00129, "seconds", "1,290 µs"),
        (0.0000005, "seconds", "0.50 µs"),
        (1.5 * MIB, "bytes", "1.5 MiB"),
        (100.0, "connections", "100"),
    ],
)
def test_figure_has_a_readable_unit(value, unit, text):
    assert format_figure(value, unit) == text


def test_works_that_were_not_measured_are_left_out():
    assert {row[0] for row in list_comparisons(RESULTS)} == {AWAITED.work}
    assert list_figures(RESULTS) == [
        (AWAITED.work, "httpx", "2,000 µs", "1.00"),
        (AWAITED.work, "duro", "500 µs", "0.25"),
    ]


def test_failed_candidate_is_reported_with_its_message():
    assert list_failures(RESULTS) == ["awaited, 100 in flight, openai failed: ImportError: <broken>"]


def test_tables_align_in_a_terminal_and_parse_as_markdown():
    rows = [("a", "1"), ("longer", "2")]
    assert to_text(("name", "figure"), rows) == "name    figure\n------  ------\na       1\nlonger  2"
    assert to_markdown(("name", "figure"), rows).splitlines()[1:] == ["| --- | --- |", "| a | 1 |", "| longer | 2 |"]


def test_replaced_table_leaves_the_rest_of_the_page():
    page = "## One\n\ntext\n\n| old |\n| --- |\n\nend\n\n## Two\n\n| kept |\n"
    assert replace_table(page, "One", "| new |") == "## One\n\ntext\n\n| new |\n\nend\n\n## Two\n\n| kept |\n"


def test_page_without_the_table_is_refused():
    with pytest.raises(ValueError, match="must have a table below the heading 'One'"):
        replace_table("## One\n\ntext\n\n## Two\n\n| other |\n", "One", "| new |")


def test_chart_is_well_formed_and_leaves_out_missing_clients():
    texts = [element.text for element in draw("text")]
    assert texts == ["Time of an awaited call", "duro", "httpx", "100 in flight", "500 µs", "2,000 µs"]


def test_longest_bar_of_a_load_is_proportional_to_its_figure():
    root = ET.fromstring(draw_chart(RESULTS))  # noqa: S314 - text of the test
    own, peer = (
        float(bar.get("width")) for bar in root.iter("{http://www.w3.org/2000/svg}rect") if bar.get("y") != "0.5"
    )
    assert own / peer == pytest.approx(0.25, abs=0.01)


def test_results_survive_a_file(tmp_path):
    RESULTS.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == RESULTS


def test_environment_names_the_rounds_and_the_packages():
    environment = describe_environment(5, "cpu")
    assert environment["rounds"] == "medians of 5 alternating rounds"
    assert environment["time of calls"] == "processor time of the client"
    assert environment["httpx"]


def test_rounds_alternate_and_the_first_is_not_counted():
    order, numbers = [], iter(range(10))

    def measure(name):
        order.append(name)
        return next(numbers)

    figures, failures = alternate({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert figures == {"a": [2, 4], "b": [3, 5]}
    assert failures == {}


def test_failed_candidate_does_not_end_the_rounds():
    def fail():
        raise CandidateError("broken")

    figures, failures = alternate({"a": fail, "b": lambda: 1.0}, rounds=3)
    assert figures == {"b": [1.0, 1.0, 1.0]}
    assert failures == {"a": "broken"}


@pytest.mark.parametrize(
    ("seconds", "calls"),
    [
        pytest.param(ROUND_SECONDS / 600, [400, 600, 600], id="six calls a task"),
        pytest.param(ROUND_SECONDS / 5_000, [400, 2_000, 2_000], id="all calls"),
        pytest.param(ROUND_SECONDS, [400, 400, 400], id="four calls a task"),
    ],
)
def test_slow_candidate_makes_fewer_calls_in_the_rounds_after_the_first(seconds, calls):
    made = []

    def measure(calls, in_flight):
        made.append(calls)
        assert in_flight == 100
        return seconds

    measure_round = Rounds(measure, 2_000, 100)
    assert [measure_round() for _ in range(3)] == [seconds] * 3
    assert made == calls


def test_first_rounds_do_not_count():
    figures = iter(range(5))
    assert alternate({"duro": lambda: next(figures)}, 2, uncounted=3)[0] == {"duro": [3, 4]}
