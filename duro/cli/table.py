"""Tables in plain text that lose columns, not words, where the terminal is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import field, frozen
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Column", "fit_columns", "format_table"]

GAP: Final = "  "


def _to_tuple(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(cells)


@frozen
class Column:
    """Column of a table.

    Attributes:
        title: Text of the header.
        cells: Text of each row, without line breaks and control characters.
        priority: Order in which columns are left out of a narrow table, the highest number first.
        align_right: Whether the cells are numbers, which end at the same place.
    """

    title: str
    cells: tuple[str, ...] = field(converter=_to_tuple)
    priority: int
    align_right: bool = False

    @property
    def width(self) -> int:
        """Width of the longest text on a terminal, where a wide character takes two places."""
        return max(map(cell_len, (self.title, *self.cells)))

    def align(self) -> list[str]:
        """Return the title and the cells, each with spaces up to the column's width."""
        width = self.width
        texts = [(text, " " * (width - cell_len(text))) for text in (self.title, *self.cells)]
        return [spaces + text if self.align_right else text + spaces for text, spaces in texts]


def fit_columns(columns: Sequence[Column], width: int | None) -> list[Column]:
    """Return the columns that fit a width, in order. The most important column is always among them.

    Args:
        columns: Columns from left to right.
        width: Number of characters in a line, ``None`` for any number.

    Example:
        >>> columns = [Column("ID", ["plan_1"], 0), Column("Metadata", ["a long text"], 1), Column("Name", ["Pro"], 2)]
        >>> [column.title for column in fit_columns(columns, width=12)]
        ['ID', 'Name']
    """
    if width is None:
        return list(columns)
    first, *others = sorted(columns, key=lambda column: column.priority)
    fitting = [first]
    remaining = width - first.width
    for column in others:
        if (needed := column.width + len(GAP)) <= remaining:
            fitting.append(column)
            remaining -= needed
    return [column for column in columns if column in fitting]


def format_table(columns: Sequence[Column]) -> list[str]:
    """Return the lines of a table, the header first and without trailing spaces.

    Args:
        columns: Columns from left to right, each with the same number of cells.

    Example:
        >>> for line in format_table([Column("Plan", ["Pro"], 1), Column("Price", ["5,000.00"], 2, align_right=True)]):
        ...     print(line)
        Plan     Price
        Pro   5,000.00
    """
    return [GAP.join(row).rstrip() for row in zip(*(column.align() for column in columns), strict=True)]
