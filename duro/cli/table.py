"""Tables in plain text that lose columns, not words, where the terminal is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["fit_columns", "format_table"]

GAP: Final = 2


def format_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> list[str]:
    """Return the lines of a table: a heading, and one line for each row.

    Args:
        rows: Cells by their column.
        columns: Columns to show, in order.

    Returns:
        Lines without trailing spaces.

    Example:
        >>> format_table([{"id": "plan_1", "name": "Pro"}], ["id", "name"])
        ['id      name', 'plan_1  Pro']
    """
    widths = _widths(rows, columns)
    lines = [{column: column for column in columns}, *rows]
    return [
        (" " * GAP).join(_pad(line.get(column, ""), widths[column]) for column in columns).rstrip() for line in lines
    ]


def fit_columns(rows: Sequence[Mapping[str, str]], columns: Sequence[str], width: int | None) -> list[str]:
    """Return the columns that fit a width, in order. The first column is always among them.

    Args:
        rows: Cells by their column.
        columns: All columns, the most important first.
        width: Width of the terminal in characters, ``None`` for any width.

    Returns:
        The columns that fit.

    Example:
        >>> fit_columns([{"id": "plan_1", "metadata": "a long text", "name": "Pro"}], ["id", "metadata", "name"], 12)
        ['id', 'name']
    """
    if width is None:
        return list(columns)
    widths = _widths(rows, columns)
    first, *others = columns
    fitting = [first]
    remaining = width - widths[first]
    for column in others:
        if widths[column] + GAP <= remaining:
            fitting.append(column)
            remaining -= widths[column] + GAP
    return fitting


def _widths(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> dict[str, int]:
    return {
        column: max(cell_len(text) for text in [column, *(row.get(column, "") for row in rows)]) for column in columns
    }


def _pad(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
