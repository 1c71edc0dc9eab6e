"""Events: stored as the exact bytes that webhooks deliver."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from attrs import frozen

from .._json_types import JSONObject, JSONValue
from .deliveries.outbox import enqueue
from .representation import encode_json
from .storage.pages import ListPage, Selection, select_rows
from .storage.rows import insert

__all__ = [
    "EventEntry",
    "collect_event_ids",
    "find_event",
    "list_events",
    "list_events_of_subscription",
    "record_event",
    "select_events",
]


# Ids of the events of the current request. Events of the clock do not have a request.
_event_ids: Final[ContextVar[list[str] | None]] = ContextVar("duro_sandbox_event_ids", default=None)


@frozen
class EventEntry:
    """Recorded event.

    Attributes:
        id: Id of the event, for ``GET /v1/events/{id}``.
        type: Event type, such as ``subscription_paused``.
        at: Sandbox time of the event, in the API's format.
    """

    id: str
    type: str
    at: str


def record_event(db: sqlite3.Connection, identifier: str, type_: str, at: str, data: JSONObject) -> int:
    """Record an event and enqueue its deliveries, in the transaction of the change that it reports.

    The payload is encoded once. Deliveries and ``getEventPayload`` therefore
    send the same bytes, as the signature requires.

    Args:
        db: Open transaction.
        identifier: Id of the event.
        type_: Event type of the contract.
        at: Time of the event, in the API's format.
        data: ``data`` of the payload.

    Returns:
        The number of deliveries that are due now.
    """
    if (event_ids := _event_ids.get()) is not None:
        event_ids.append(identifier)
    payload = encode_json({"id": identifier, "type": type_, "createdAt": at, "data": data})
    values = {"id": identifier, "type": type_, "payload": payload, "created_at": at}
    insert(db, "events", {**values, "customer_id": _find_customer(data), "subscription_id": _find_subscription(data)})
    return enqueue(db, identifier, type_, at)


def _find_customer(data: JSONObject) -> JSONValue:
    customer = data.get("customer")
    return customer.get("id") if isinstance(customer, Mapping) else None


def _find_subscription(data: JSONObject) -> JSONValue:
    subscription = data.get("subscription")
    return subscription.get("id") if isinstance(subscription, Mapping) else data.get("subscriptionId")


@contextmanager
def collect_event_ids() -> Generator[list[str], None, None]:
    """Collect the ids of the events that the block records.

    Yields:
        List that grows with each event. Events whose transaction is rolled back are in it, too.
    """
    event_ids: list[str] = []
    token = _event_ids.set(event_ids)
    try:
        yield event_ids
    finally:
        _event_ids.reset(token)


def find_event(db: sqlite3.Connection, identifier: str) -> EventEntry | None:
    """Return an event by its id, or ``None`` if it does not exist.

    Args:
        db: Open transaction.
        identifier: Id of the event.
    """
    row = db.execute("SELECT id, type, created_at FROM events WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else EventEntry(*row)


def list_events(db: sqlite3.Connection) -> tuple[EventEntry, ...]:
    """Return all events, oldest first."""
    rows = db.execute("SELECT id, type, created_at FROM events ORDER BY rowid")
    return tuple(EventEntry(*row) for row in rows)


def list_events_of_subscription(db: sqlite3.Connection, subscription_id: str) -> tuple[EventEntry, ...]:
    """Return the events of a subscription, oldest first.

    Args:
        db: Open transaction.
        subscription_id: Id of the subscription.
    """
    rows = db.execute(
        "SELECT id, type, created_at FROM events WHERE subscription_id = ?"
        # Events have an index by customer.
        " AND customer_id = (SELECT customer_id FROM subscriptions WHERE id = ?) ORDER BY rowid",
        (subscription_id, subscription_id),
    )
    return tuple(EventEntry(*row) for row in rows)


def select_events(db: sqlite3.Connection, selection: Selection) -> ListPage[EventEntry]:
    """Read a page of the events.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are columns of ``events``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    page = select_rows(db, "events", selection)
    return page.map(lambda row: EventEntry(row["id"], row["type"], row["created_at"]))
