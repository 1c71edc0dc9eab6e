"""Building of traces from the request log and the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from ..backend import Backend
from ..deliveries.delivery import list_deliveries_of_event
from ..events import EventEntry, find_event
from ..request_log import RequestEntry
from .trace import Trace

__all__ = ["find_trace"]

# A handler whose calls cause events that it handles again could go on without an end.
MAX_DEPTH: Final = 60


def find_trace(backend: Backend, identifier: str) -> Trace | None:
    """Return the trace of a request or an event, or ``None`` if it does not exist.

    Args:
        backend: Backend of the sandbox.
        identifier: Id of a request in the request log, or of an event.
    """
    # The log contains the requests of both modes, and the ids of their deliveries are numbers that occur in both.
    entries = [entry for entry in backend.request_log.entries() if entry.mode == backend.mode]
    return backend.transact(lambda db: _TraceBuilder(db, entries).build(identifier))


class _TraceBuilder:
    """Builder of one trace. Each record is in it once, at its first place.

    Args:
        db: Open transaction.
        entries: Request log, oldest first.
    """

    def __init__(self, db: sqlite3.Connection, entries: Iterable[RequestEntry]) -> None:
        self._db = db
        self._requests = {entry.request_id: entry for entry in entries}
        self._by_delivery: dict[int, list[RequestEntry]] = {}
        self._processed: dict[tuple[str, str, str], RequestEntry] = {}
        self._seen: set[str] = set()
        for entry in self._requests.values():
            if entry.delivery_id is not None:
                self._by_delivery.setdefault(entry.delivery_id, []).append(entry)
            if entry.idempotency_key is not None and entry.event_ids:
                self._processed.setdefault((entry.method, entry.path, entry.idempotency_key), entry)

    def build(self, identifier: str) -> Trace | None:
        """Build the trace of a request or an event, or return ``None`` if it does not exist."""
        if (request := self._requests.get(identifier)) is not None:
            return self._build_request(request, 0)
        event = find_event(self._db, identifier)
        return None if event is None else self._build_event(event, 0)

    def _build_request(self, request: RequestEntry, depth: int) -> Trace:
        self._seen.add(request.request_id)
        if depth >= MAX_DEPTH:
            return Trace("request", request)
        # Events of an operation that was rolled back do not exist.
        found = (find_event(self._db, identifier) for identifier in self._find_event_ids(request))
        events = [event for event in found if event is not None and event.id not in self._seen]
        return Trace("request", request, tuple(self._build_event(event, depth + 1) for event in events))

    def _find_event_ids(self, request: RequestEntry) -> tuple[str, ...]:
        if request.event_ids or request.idempotency_key is None:
            return request.event_ids
        # A request that repeats a key did not cause events itself.
        processed = self._processed.get((request.method, request.path, request.idempotency_key))
        return () if processed is None else processed.event_ids

    def _build_event(self, event: EventEntry, depth: int) -> Trace:
        self._seen.add(event.id)
        deliveries = list_deliveries_of_event(self._db, event.id)
        children = [
            Trace("delivery", delivery, self._build_handler_requests(delivery.id, depth + 2)) for delivery in deliveries
        ]
        return Trace("event", event, tuple(children))

    def _build_handler_requests(self, delivery_id: int, depth: int) -> tuple[Trace, ...]:
        requests = [each for each in self._by_delivery.get(delivery_id, ()) if each.request_id not in self._seen]
        return tuple(self._build_request(request, depth) for request in requests)
