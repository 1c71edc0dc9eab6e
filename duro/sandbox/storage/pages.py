"""Pages of lists: the entries after a cursor, at most a limit, with given values."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from attrs import field, frozen

from ..errors import ApiError

__all__ = ["ListPage", "Selection", "cut_page", "parse_position", "select_entries", "select_rows"]

Entry = TypeVar("Entry")
Entry_co = TypeVar("Entry_co", covariant=True)
Result = TypeVar("Result")


@frozen
class Selection:
    """Part of a list.

    Attributes:
        limit: Maximum number of entries.
        cursor: Cursor of the previous page. ``None`` selects the first page.
        filters: Values by column or attribute. An entry matches if all of them are equal.
        newest_first: Whether the newest entry is first. Otherwise it is last.
    """

    limit: int
    cursor: str | None = None
    filters: Mapping[str, str] = field(factory=dict[str, str])
    newest_first: bool = False


@frozen
class ListPage(Generic[Entry_co]):
    """Entries of one page.

    Attributes:
        entries: Entries in the order of the list.
        cursor: Cursor of the next page. ``None`` on the last page.
    """

    entries: tuple[Entry_co, ...]
    cursor: str | None

    def map(self, convert: Callable[[Entry_co], Result]) -> ListPage[Result]:
        """Return the page with each entry converted by a function."""
        return ListPage(tuple(map(convert, self.entries)), self.cursor)


def select_rows(db: sqlite3.Connection, table: str, selection: Selection) -> ListPage[sqlite3.Row]:
    """Read a page of a table in the order of insertion. Only the rows of the page are read.

    Args:
        db: Open transaction.
        table: Name of the table. It has a rowid.
        selection: Page to read. Its filters are columns of the table.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    comparison, direction = ("<", "DESC") if selection.newest_first else (">", "ASC")
    conditions, parameters = ["TRUE"], list[str | int]()
    for column, value in selection.filters.items():
        conditions.append(f"{column} = ?")
        parameters.append(value)
    if selection.cursor is not None:
        conditions.append(f"rowid {comparison} ?")
        parameters.append(parse_position(selection.cursor))
    rows = db.execute(
        f"SELECT rowid AS position, * FROM {table} WHERE {' AND '.join(conditions)}"  # noqa: S608 - constants
        f" ORDER BY rowid {direction} LIMIT ?",
        (*parameters, selection.limit + 1),
    ).fetchall()
    return cut_page(rows, selection, lambda row: str(row["position"]))


def select_entries(entries: Iterable[Entry], selection: Selection, identify: Callable[[Entry], str]) -> ListPage[Entry]:
    """Select a page of entries in memory.

    Args:
        entries: All entries, oldest first.
        selection: Page to select. Its filters are attributes of the entries.
        identify: Function that returns the cursor of an entry.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    ordered = list(entries)
    if selection.newest_first:
        ordered.reverse()
    if selection.cursor is not None:
        positions = [identify(entry) for entry in ordered]
        if selection.cursor not in positions:
            raise _unknown_cursor()
        ordered = ordered[positions.index(selection.cursor) + 1 :]
    matching = [
        entry
        for entry in ordered
        if all(str(getattr(entry, name)) == value for name, value in selection.filters.items())
    ]
    return cut_page(matching, selection, identify)


def cut_page(entries: list[Entry], selection: Selection, identify: Callable[[Entry], str]) -> ListPage[Entry]:
    """Cut entries to a page.

    Args:
        entries: Entries of the page, and one more if another page exists.
        selection: Page that was selected.
        identify: Function that returns the cursor of an entry.
    """
    page = entries[: selection.limit]
    return ListPage(tuple(page), identify(page[-1]) if len(entries) > selection.limit else None)


def parse_position(cursor: str) -> int:
    """Parse the cursor of a list that is ordered by rowid.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise _unknown_cursor()
    return int(cursor)


def _unknown_cursor() -> ApiError:
    return ApiError(400, "The cursor does not exist; follow the next link of a page of this list.")
