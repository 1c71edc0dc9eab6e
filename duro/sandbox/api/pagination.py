"""Pagination of lists: keyset pages, newest first, so that new items neither hide nor repeat others."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from ..._json_types import JSONObject, JSONValue
from ..errors import ApiError
from ..validation import invalid_field
from .request_context import RequestContext

__all__ = ["read_page"]

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


def read_page(
    context: RequestContext,
    table: str,
    to_json: Callable[[sqlite3.Row], JSONObject],
    *,
    where: str = "TRUE",
    parameters: tuple[str, ...] = (),
) -> JSONObject:
    """Return the page that a request selects with ``limit`` and ``cursor``.

    Args:
        context: Request.
        table: Name of the table. It has the columns ``created_at`` and ``id``.
        to_json: Function from a row to its JSON shape.
        where: SQL condition for the rows of the list.
        parameters: Values for the condition.

    Returns:
        ``{"items", "nextCursor", "hasMore"}``. The cursor is the id of the last item.

    Raises:
        ApiError: The limit is out of bounds (422), or the cursor does not exist (400).
    """
    db, limit = context.uow.db, _parse_limit(context.query)
    if (cursor := context.query.get("cursor")) is not None:
        where = f"{where} AND (created_at, id) < (?, ?)"
        parameters = (*parameters, *_find_position(db, table, cursor))
    rows = db.execute(
        f"SELECT * FROM {table} WHERE {where} ORDER BY created_at DESC, id DESC LIMIT ?",  # noqa: S608 - constants
        (*parameters, limit + 1),
    ).fetchall()
    # The row after the limit shows whether another page exists.
    has_more, rows = len(rows) > limit, rows[:limit]
    items: list[JSONValue] = [to_json(row) for row in rows]
    return {"items": items, "nextCursor": rows[-1]["id"] if has_more else None, "hasMore": has_more}


def _parse_limit(query: Mapping[str, str]) -> int:
    text = query.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not _LIMIT.fullmatch(text) or int(text) > MAX_LIMIT:
        raise invalid_field("limit", f"expected integer from 1 to {MAX_LIMIT}")
    return int(text)


def _find_position(db: sqlite3.Connection, table: str, cursor: str) -> tuple[str, str]:
    row = db.execute(f"SELECT created_at FROM {table} WHERE id = ?", (cursor,)).fetchone()  # noqa: S608 - constants
    if row is None:
        raise ApiError(400, "The cursor does not exist; pass the nextCursor of a page of this list.")
    return row["created_at"], cursor
