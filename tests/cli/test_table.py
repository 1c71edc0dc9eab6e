"""Tables in plain text: columns that fit, and the width of characters."""

from __future__ import annotations

from duro.cli.table import Column, fit_columns, format_table


def test_most_important_column_is_shown_whole_on_any_terminal():
    columns = [Column("Plan", ["Pro"], 1), Column("ID", ["x" * 50], 0)]
    assert fit_columns(columns, 40) == columns[1:]


def test_column_that_does_not_fit_leaves_its_place_to_a_narrower_one():
    columns = [Column("ID", ["plan_1"], 0), Column("Metadata", ["a long text"], 1), Column("Name", ["Pro"], 2)]
    assert fit_columns(columns, 12) == [columns[0], columns[2]]


def test_columns_keep_their_order():
    columns = [Column("Callers", ["1"], 2), Column("Time", ["1 s"], 0)]
    assert fit_columns(columns, 80) == columns


def test_wide_characters_take_two_columns():
    lines = format_table([Column("a", ["漢字", "abcd"], 0), Column("b", ["x", "y"], 1)])
    assert lines == ["a     b", "漢字  x", "abcd  y"]


def test_numbers_end_at_the_same_place():
    lines = format_table([Column("Calls", ["5", "1,000"], 0, align_right=True), Column("Client", ["a", "b"], 1)])
    assert lines == ["Calls  Client", "    5  a", "1,000  b"]
