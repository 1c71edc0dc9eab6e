"""Lists: pages walked by keyset, newest first, so that no item is missed or met twice while others are added."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from ..._json import JSONObject, JSONValue
from ..errors import ApiError
from .dispatch import Call

__all__ = ["page_of"]

DEFAULT_LIMIT: Final = 20
_LIMIT: Final = re.compile(r"[1-9][0-9]?|100")


def page_of(
    call: Call,
    table: str,
    to_json: Callable[[sqlite3.Row], JSONObject],
    *,
    where: str = "TRUE",
    parameters: tuple[str, ...] = (),
) -> JSONObject:
    """Read the page that a call asks for with ``limit`` and ``cursor``.

    Args:
        call: The call.
        table: The table, which has ``created_at`` and ``id``.
        to_json: Gives a row its shape in the answer.
        where: A condition in SQL that says which rows belong to the list.
        parameters: The values for that condition.

    Returns:
        ``{"items", "nextCursor", "hasMore"}``; the cursor is the id of the last item.

    Raises:
        ApiError: The limit is out of bounds (422), or the cursor is the id of nothing (400).
    """
    limit = _limit(call.query)
    if (cursor := call.query.get("cursor")) is not None:
        where = f"{where} AND (created_at, id) < (?, ?)"
        parameters = (*parameters, *_position(call.db, table, cursor))
    rows = call.db.execute(
        f"SELECT * FROM {table} WHERE {where} ORDER BY created_at DESC, id DESC LIMIT ?",  # noqa: S608 - our own words
        (*parameters, limit + 1),
    ).fetchall()
    # One row more than wanted tells whether there is another page.
    more, rows = len(rows) > limit, rows[:limit]
    items: list[JSONValue] = [to_json(row) for row in rows]
    return {"items": items, "nextCursor": rows[-1]["id"] if more else None, "hasMore": more}


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not _LIMIT.fullmatch(text):
        raise ApiError(422, "Not valid: limit.", [{"path": "limit", "issue": "expected integer from 1 to 100"}])
    return int(text)


def _position(db: sqlite3.Connection, table: str, cursor: str) -> tuple[str, str]:
    row = db.execute(f"SELECT created_at FROM {table} WHERE id = ?", (cursor,)).fetchone()  # noqa: S608 - the same
    if row is None:
        raise ApiError(400, "The cursor is not one that a page of this list gave.")
    return row["created_at"], cursor
