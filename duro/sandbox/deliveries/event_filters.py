"""Event filters: the types of events that each endpoint receives, read once until an endpoint changes."""

from __future__ import annotations

import json
import sqlite3

from attrs import frozen

from ..storage.connection import cached, forget

__all__ = ["find_receivers", "forget_filters"]


@frozen
class _Filter:
    """Event types of an endpoint. It receives all if there are none."""

    endpoint_id: str
    types: frozenset[str]

    def matches(self, event_type: str) -> bool:
        return not self.types or event_type in self.types


def find_receivers(db: sqlite3.Connection, event_type: str) -> list[str]:
    """Return the ids of the endpoints that receive a type of event, oldest first.

    Args:
        db: Open transaction.
        event_type: Type of the event.
    """
    return [each.endpoint_id for each in cached(db, _load_filters) if each.matches(event_type)]


def forget_filters(db: sqlite3.Connection) -> None:
    """Read the filters again. Call it with each change of an endpoint.

    Args:
        db: Open transaction that changes it.
    """
    forget(db, _load_filters)


def _load_filters(db: sqlite3.Connection) -> tuple[_Filter, ...]:
    rows = db.execute("SELECT id, events FROM endpoints WHERE removed_at IS NULL ORDER BY created_at, id")
    return tuple(_Filter(row["id"], frozenset(json.loads(row["events"]))) for row in rows)
