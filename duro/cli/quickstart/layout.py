"""Layout for the width of a terminal: code breaks between arguments, and tables lose columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ..._secrets import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Column", "format_table", "wrap_code"]

INDENT: Final = "    "
GAP: Final = "  "
MAX_CELL_CHARS: Final = 100


def _sanitize_cells(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the cells on one line and without control characters, because they may contain text from a server."""
    return tuple(sanitize(cell, max_chars=MAX_CELL_CHARS) for cell in cells)


@frozen
class Column:
    """Column of a table.

    Attributes:
        title: Text of the header.
        cells: Text of each row.
        priority: Order in which columns are left out of a narrow table, the highest number first.
        align_right: Whether the cells are numbers, which end at the same place.
    """

    title: str
    cells: tuple[str, ...] = field(converter=_sanitize_cells)
    priority: int
    align_right: bool = False

    @property
    def width(self) -> int:
        """Number of characters of the longest text."""
        return max(map(len, (self.title, *self.cells)))

    def align(self) -> list[str]:
        """Return the title and the cells, each with spaces up to the column's width."""
        texts = (self.title, *self.cells)
        return [text.rjust(self.width) if self.align_right else text.ljust(self.width) for text in texts]


def format_table(columns: Sequence[Column], width: int) -> list[str]:
    """Return the lines of a table, the header first, with the columns that fit.

    Args:
        columns: Columns from left to right, each with the same number of cells.
        width: Number of characters in a line.

    Example:
        >>> columns = [Column("Plan", ["Pro"], 1), Column("Price", ["NGN 5,000.00"], 2, align_right=True)]
        >>> for line in format_table(columns, width=20):
        ...     print(line)
        Plan         Price
        Pro   NGN 5,000.00
        >>> format_table(columns, width=17)
        ['Plan', 'Pro']
    """
    left = list(columns)
    while len(left) > 1 and _table_width(left) > width:
        left.remove(max(left, key=lambda column: column.priority))
    return [GAP.join(row).rstrip() for row in zip(*(column.align() for column in left), strict=True)]


def _table_width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(GAP) * (len(columns) - 1)


def wrap_code(line: str, width: int) -> list[str]:
    """Break a statement that calls a function, so that it fits and remains the same statement.

    Args:
        line: One line of Python code, with its indentation.
        width: Number of characters in a line.

    Example:
        >>> for line in wrap_code('customer = client.customers.create(email="ada@example.com")', width=40):
        ...     print(line)
        customer = client.customers.create(
            email="ada@example.com"
        )
    """
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    head, _, rest = line.partition("(")
    target, equals, call = line.partition(" = ")
    if equals and len(head) >= width:
        return [f"{target} = (", *wrap_code(f"{indent}{INDENT}{call}", width), f"{indent})"]
    arguments, _, tail = rest.rpartition(")")
    inner = f"{indent}{INDENT}{arguments}"
    lines = [inner] if len(inner) <= width else [f"{indent}{INDENT}{argument}," for argument in arguments.split(", ")]
    return [f"{head}(", *lines, f"{indent}){tail}"]
