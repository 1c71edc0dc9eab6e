"""Pages of deliveries: the attempts that were made by their time, and all of them in the order of scheduling."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Final

from ..errors import ApiError
from ..storage.pages import ListPage, Selection
from .delivery import SELECT_DELIVERIES, Delivery

__all__ = ["select_attempts", "select_deliveries"]

# Conditions on a row of deliveries alone, so that other tables are read for the rows of the page only.
_FILTERS: Final[Mapping[str, str]] = {
    "state": "state = ?",
    "event_id": "event_id = ?",
    "endpoint_id": "endpoint_id = ?",
    "event_type": "EXISTS (SELECT 1 FROM events WHERE events.id = event_id AND type = ?)",
}
_ATTEMPT_CURSOR: Final = re.compile(r"([0-9T:.Z-]{24})_([0-9]{1,18})", re.ASCII)
_DELIVERY_CURSOR: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


def select_attempts(db: sqlite3.Connection, selection: Selection) -> ListPage[Delivery]:
    """Read a page of the attempts that were made, in the order of their time.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are ``event_id``, ``event_type``, ``endpoint_id`` and ``state``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    cursor = None if selection.cursor is None else _match(_ATTEMPT_CURSOR, selection.cursor)
    position = () if cursor is None else (cursor[1], int(cursor[2]))
    found = _read(db, selection, ("at", "id"), position, "state <> 'pending'")
    page = found[: selection.limit]
    return ListPage(page, f"{page[-1].at}_{page[-1].id}" if len(found) > len(page) else None)


def select_deliveries(db: sqlite3.Connection, selection: Selection) -> ListPage[Delivery]:
    """Read a page of all deliveries, pending ones included, in the order in which they were scheduled.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are ``event_id``, ``event_type``, ``endpoint_id`` and ``state``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    position = () if selection.cursor is None else (int(_match(_DELIVERY_CURSOR, selection.cursor)[0]),)
    found = _read(db, selection, ("id",), position)
    page = found[: selection.limit]
    return ListPage(page, str(page[-1].id) if len(found) > len(page) else None)


def _read(
    db: sqlite3.Connection, selection: Selection, order: tuple[str, ...], position: tuple[str | int, ...], *more: str
) -> tuple[Delivery, ...]:
    """Read the deliveries after a position, at most one more than the limit.

    Args:
        db: Open transaction.
        selection: Page to read.
        order: Columns to sort by.
        position: Values of these columns in the last row of the previous page. Empty for the first page.
        *more: Further conditions.
    """
    comparison, direction = ("<", "DESC") if selection.newest_first else (">", "ASC")
    conditions = ["TRUE", *more, *(_FILTERS[name] for name in selection.filters)]
    if position:
        conditions.append(f"({', '.join(order)}) {comparison} ({', '.join('?' * len(order))})")
    ordered = ", ".join(f"deliveries.{column} {direction}" for column in order)
    # The sort reads numbers and times only. Whole rows are read for the page.
    page = f"SELECT id FROM deliveries WHERE {' AND '.join(conditions)} ORDER BY {ordered} LIMIT ?"  # noqa: S608 - constants
    rows = db.execute(
        f"{SELECT_DELIVERIES} WHERE deliveries.id IN ({page}) ORDER BY {ordered}",
        (*selection.filters.values(), *position, selection.limit + 1),
    )
    return tuple(Delivery(*row) for row in rows)


def _match(pattern: re.Pattern[str], cursor: str) -> re.Match[str]:
    match = pattern.fullmatch(cursor)
    if match is None:
        raise ApiError(400, "The cursor does not exist; follow the next link of a page of this list.")
    return match
