"""Events: the list of events, and one event with its body and its deliveries."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from attrs import frozen

from ....api.models.event_data import EventType
from ...backend import Backend
from ...deliveries.delivery_pages import select_deliveries
from ...events import select_events
from ...storage.pages import ListPage, Selection
from ...storage.rows import find
from ..bodies import show_body
from ..lists import MAX_ROWS, build_options, read_selection
from ..names import CustomerName, find_customers_of_events
from ..navigation import ROOT
from ..page import DashboardPage, Visit

__all__ = ["PAGES"]

LIST: Final = f"{ROOT}/events"
TYPES: Final = build_options(each.value for each in EventType)


@frozen
class EventRow:
    """Event of the list.

    Attributes:
        id: Id of the event.
        type: Event type.
        at: Sandbox time of the event, in the API's format.
        customer: Customer of the event, if it has one.
        deliveries: Number of delivery attempts in each state.
    """

    id: str
    type: str
    at: str
    customer: CustomerName | None
    deliveries: Mapping[str, int]


def select_event_rows(db: sqlite3.Connection, selection: Selection) -> ListPage[EventRow]:
    """Read a page of the events with their customers and the states of their deliveries.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are columns of ``events``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    page = select_events(db, selection)
    ids = [event.id for event in page.entries]
    customers, states = find_customers_of_events(db, ids), _count_deliveries(db, ids)
    return page.map(lambda event: EventRow(event.id, event.type, event.at, customers.get(event.id), states[event.id]))


def _count_deliveries(db: sqlite3.Connection, events: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    rows = db.execute(
        "SELECT event_id, state, count(*) AS number FROM deliveries"
        " WHERE event_id IN (SELECT value FROM json_each(?)) GROUP BY event_id, state",
        (json.dumps(list(events)),),
    )
    for row in rows:
        counts[row["event_id"]][row["state"]] = row["number"]
    return counts


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    page = backend.transact(partial(select_event_rows, selection=read_selection(visit.query, "type")))
    return {"rows": page.entries, "cursor": page.cursor, "types": TYPES}


def _view_detail(backend: Backend, visit: Visit) -> Mapping[str, object]:
    def read(db: sqlite3.Connection) -> Mapping[str, object]:
        event = find(db, "events", visit.path["id"])
        selection = Selection(MAX_ROWS, visit.query.get("cursor"), {"event_id": event["id"]}, newest_first=True)
        deliveries = select_deliveries(db, selection)
        return {
            "event": event,
            "body": show_body(event["payload"]),
            "deliveries": deliveries.entries,
            "cursor": deliveries.cursor,
        }

    return backend.transact(read)


PAGES: Final = (
    DashboardPage(LIST, "events.html", _view_list, LIST),
    DashboardPage(f"{LIST}/{{id}}", "event.html", _view_detail, LIST),
)
