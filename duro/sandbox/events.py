"""Events: what happened, kept as the very bytes that a webhook delivers."""

from __future__ import annotations

import sqlite3

from attrs import frozen

from .._json import JSONObject
from .deliveries.outbox import enqueue
from .representation import encode_json
from .storage.rows import insert

__all__ = ["EventEntry", "list_events", "record_event"]


@frozen
class EventEntry:
    """One event that was recorded.

    Attributes:
        id: The event's id, for ``GET /v1/events/{id}``.
        type: What happened, such as ``subscription_paused``.
        at: The sandbox's time, as the API writes it.
    """

    id: str
    type: str
    at: str


def record_event(db: sqlite3.Connection, identifier: str, type_: str, at: str, data: JSONObject) -> int:
    """Record an event and the deliveries it needs, in the transaction of what it tells of.

    The payload is written once: each delivery and each ``getEventPayload``
    has the same bytes, which a signature needs.

    Args:
        db: The open transaction.
        identifier: The event's id.
        type_: One of the contract's event types.
        at: When it happened.
        data: What the payload carries.

    Returns:
        How many deliveries are due now.
    """
    payload = encode_json({"id": identifier, "type": type_, "createdAt": at, "data": data})
    insert(db, "events", {"id": identifier, "type": type_, "payload": payload, "created_at": at})
    return enqueue(db, identifier, at)


def list_events(db: sqlite3.Connection) -> tuple[EventEntry, ...]:
    """List every event, newest last."""
    rows = db.execute("SELECT id, type, created_at FROM events ORDER BY created_at, id")
    return tuple(EventEntry(*row) for row in rows)
