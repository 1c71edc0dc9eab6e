"""Report of the budgets, and the counts that it compares."""

from __future__ import annotations

import sys
import threading

import pytest

from tests.budgets.__main__ import print_report
from tests.budgets.function_calls import count_functions
from tests.budgets.instructions import RATIOS
from tests.budgets.instructions_program import NAMES
from tests.budgets.memory_blocks import count_blocks
from tests.budgets.operations import decode_page
from tests.budgets.table import FUNCTIONS, INSTRUCTIONS

counts_functions = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in Python 3.12")


def test_figure_above_its_budget_is_printed_and_ends_the_program_with_an_error(capsys):
    with pytest.raises(SystemExit) as caught:
        print_report({"functions": {"one call": 120}}, {"functions": {"one call": 100}})
    assert "raise the budget in tests/budgets/table.py" in str(caught.value)
    line = capsys.readouterr().out.splitlines()[-1]
    assert " ".join(line.split()) == "one call 120 100 BROKEN: 20% above the budget"


def test_operation_that_was_not_measured_ends_the_program_with_an_error(capsys):
    with pytest.raises(SystemExit):
        print_report({}, {"functions": {"one call": 100}})
    assert "BROKEN: it was not measured" in capsys.readouterr().out


@pytest.mark.parametrize(("figure", "verdict"), [(100, []), (90, []), (50, ["can", "be", "lowered"])])
def test_figure_within_its_budget_passes(capsys, figure, verdict):
    print_report({"functions": {"one call": figure}}, {"functions": {"one call": 100}})
    assert capsys.readouterr().out.splitlines()[-1].split() == ["one", "call", str(figure), "100", *verdict]


def test_every_ratio_has_a_budget_and_compares_measured_operations():
    assert RATIOS.keys() == INSTRUCTIONS.keys()
    assert {name for names in RATIOS.values() for name in names} == set(NAMES)


@counts_functions
def test_one_more_function_for_each_plan_breaks_the_budget_of_a_page():
    def decode_page_slowly():
        for _ in range(100):
            do_nothing()
        return decode_page()

    assert count_functions(decode_page_slowly) == count_functions(decode_page) + 101
    assert count_functions(decode_page_slowly) > FUNCTIONS["page of 100 plans decoded"]


@counts_functions
def test_functions_of_all_threads_are_counted():
    def call_in_a_thread(function):
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()

    one, two = (count_functions(lambda function=each: call_in_a_thread(function)) for each in (do_nothing, do_two))
    assert two == one + 2


@pytest.mark.slow
def test_blocks_of_a_result_are_counted():
    objects = count_blocks(lambda: [object() for _ in range(100)])
    assert 101 <= objects <= 105


def do_nothing():
    pass


def do_two():
    do_nothing()
    do_nothing()
