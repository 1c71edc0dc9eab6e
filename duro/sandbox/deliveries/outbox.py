"""Outbox: attempts still to be made, written in the transaction that records their event.

The shared transaction keeps both consistent. No committed event is left without
its deliveries, and no delivery exists for an event that was rolled back.

While an attempt is in progress, its row stays pending. A sandbox that stops in the middle of an attempt therefore
repeats it after the next start.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from attrs import frozen

from ..clock import SandboxClock, parse_timestamp, timestamp
from ..storage.database import Database
from .due_delivery import DueDelivery, Outcome
from .event_filters import find_receivers
from .outcome_record import record_outcome

__all__ = ["Outbox", "OutboxState", "enqueue"]

_logger = logging.getLogger("duro.sandbox")

# Without the conditions of the caller.
_SELECT_DUE: Final = (
    "SELECT deliveries.id, event_id, type, payload, endpoint_id, url, secret, attempt, fault FROM deliveries"
    " JOIN events ON events.id = event_id JOIN endpoints ON endpoints.id = endpoint_id WHERE state = 'pending'"
)


def enqueue(db: sqlite3.Connection, event_id: str, event_type: str, at: str) -> int:
    """Add one delivery of an event for each endpoint that receives its type.

    Args:
        db: Open transaction that records the event.
        event_id: Id of the event.
        event_type: Type of the event.
        at: Current sandbox time, in the API's format.

    Returns:
        Number of added deliveries.
    """
    receivers = find_receivers(db, event_type)
    for endpoint_id in receivers:
        db.execute(
            "INSERT INTO deliveries (event_id, endpoint_id, due_at) VALUES (?, ?, ?)", (event_id, endpoint_id, at)
        )
    return len(receivers)


@frozen
class OutboxState:
    """State of the outbox at one time.

    Attributes:
        endpoints: Ids of the endpoints that exist.
        due: Ids of the endpoints with a due delivery that is not in progress. Empty during a hold.
        next_at: Time of the first pending delivery that is not due yet. ``None`` without one.
    """

    endpoints: frozenset[str]
    due: tuple[str, ...]
    next_at: datetime | None


class Outbox:
    """Pending deliveries of one sandbox. Any thread may use it.

    Args:
        store: Database of the deliveries.
        clock: Time of the sandbox.
    """

    def __init__(self, store: Database, clock: SandboxClock) -> None:
        self._store = store
        self._clock = clock
        self._changed = threading.Condition()
        self._is_closed = False
        self._is_held = False
        self._is_disk_full = False
        # Ids of the deliveries in progress. Their rows stay pending.
        self._claimed: set[int] = set()
        self._delivered = 0

    @property
    def delivered(self) -> int:
        """Number of acknowledged deliveries since the start."""
        return self._delivered

    def read_state(self, now: datetime) -> OutboxState:
        """Return the endpoints, and the times of their pending deliveries.

        Args:
            now: Current sandbox time.
        """
        with self._store.transaction() as db:
            rows = db.execute(
                # The search ends at the first delivery of an endpoint, however many are due.
                "SELECT id, EXISTS (SELECT 1 FROM deliveries"
                " WHERE state = 'pending' AND endpoint_id = endpoints.id AND due_at <= ?"
                " AND id NOT IN (SELECT value FROM json_each(?))) FROM endpoints WHERE removed_at IS NULL",
                (timestamp(now), json.dumps(list(self._claimed))),
            ).fetchall()
            return OutboxState(
                endpoints=frozenset(identifier for identifier, _ in rows),
                due=() if self._is_held else tuple(identifier for identifier, is_due in rows if is_due),
                next_at=_find_next_time(db, after=now),
            )

    def next_due(self, endpoint_id: str, now: datetime, *, after: DueDelivery | None = None) -> DueDelivery | None:
        """Return the delivery that is due longest for an endpoint and is not in progress, or ``None``.

        Args:
            endpoint_id: Id of the endpoint.
            now: Current sandbox time.
            after: Delivery to leave out.
        """
        if self._is_held:
            return None
        with self._store.transaction() as db:
            return self._find_due(db, endpoint_id, now, after)

    def created_after(self, identifier: int, now: datetime) -> list[DueDelivery]:
        """Return the due deliveries with a larger id that are not in progress, in their order.

        Args:
            identifier: Id of a delivery.
            now: Current sandbox time.
        """
        with self._store.transaction() as db:
            rows = db.execute(
                f"{_SELECT_DUE} AND deliveries.id > ? AND due_at <= ? ORDER BY deliveries.id",
                (identifier, timestamp(now)),
            )
            return [DueDelivery(*row) for row in rows if row["id"] not in self._claimed]

    def last_id(self) -> int:
        """Return the id of the newest delivery."""
        with self._store.transaction() as db:
            (identifier,) = db.execute("SELECT coalesce(max(id), 0) FROM deliveries").fetchone()
        last: int = identifier
        return last

    def is_claimed(self, identifier: int) -> bool:
        """Return whether a delivery is in progress.

        Args:
            identifier: Id of the delivery.
        """
        return identifier in self._claimed

    @contextmanager
    def claim(self, *deliveries: DueDelivery) -> Generator[None, None, None]:
        """Reserve deliveries that are in progress, for the duration of the block."""
        ids = {delivery.id for delivery in deliveries}
        self._claimed |= ids
        try:
            yield
        finally:
            self._claimed -= ids

    def swap(self, first: DueDelivery, second: DueDelivery) -> None:
        """Exchange two pending deliveries in the order of their endpoint.

        Args:
            first: Delivery that is due longer.
            second: Delivery to make before it.
        """
        with self._store.transaction() as db:
            times = {
                row["id"]: row["due_at"]
                for row in db.execute("SELECT id, due_at FROM deliveries WHERE id IN (?, ?)", (first.id, second.id))
            }
            if len(times) < 2:
                # Another thread has just withdrawn one.
                return
            first_at, second_at = times[first.id], times[second.id]
            move = "UPDATE deliveries SET id = ?, due_at = ?, fault = ? WHERE id = ?"
            # Ids are never negative.
            db.execute(move, (-first.id, first_at, None, first.id))
            db.execute(move, (first.id, first_at, second.fault, second.id))
            db.execute(move, (second.id, second_at, "reorder", -first.id))

    def mark(self, delivery: DueDelivery, fault: str) -> None:
        """Record the kind of the fault that applies to a delivery."""
        with self._store.transaction() as db:
            db.execute("UPDATE deliveries SET fault = ? WHERE id = ?", (fault, delivery.id))

    def hold(self) -> None:
        """Leave all deliveries pending until ``release``. One that is in progress continues."""
        self._is_held = True

    def release(self) -> None:
        """End a hold. The caller wakes the worker."""
        self._is_held = False

    def next_time(self, after: datetime | None = None) -> datetime | None:
        """Return the time of the first pending delivery, or ``None``.

        Args:
            after: Sandbox time that the delivery must be later than. ``None`` for no bound.
        """
        with self._store.transaction() as db:
            return _find_next_time(db, after)

    def settle(self, due: DueDelivery, outcome: Outcome, *, is_duplicated: bool = False) -> DueDelivery | None:
        """Record the outcome of an attempt, and schedule the next one. Ignore a withdrawn delivery.

        Args:
            due: Delivery that was attempted.
            outcome: Outcome of the attempt.
            is_duplicated: Whether the fault ``duplicate`` repeats the delivery at once.

        Returns:
            The next due delivery to the same endpoint. It is found in the same transaction, which takes less time.
        """
        with self._store.transaction() as db:
            now = self._clock.now()
            self._delivered += record_outcome(db, due, outcome, now, is_duplicated=is_duplicated)
            return None if self._is_held else self._find_due(db, due.endpoint_id, now)

    def report_full_disk(self) -> None:
        """Log that an outcome was not recorded, and end every wait with the error."""
        _logger.error("the disk is full, and the outcome of a delivery was not recorded; free space")
        with self._changed:
            self._is_disk_full = True
            self._changed.notify_all()

    def notify_waiters(self) -> None:
        """Wake the threads in ``wait``, so that they check again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float | None, *, until: datetime | None = None) -> None:
        """Wait until no delivery is due. A scheduled retry is not due before its time.

        Args:
            timeout: Maximum wait in seconds. ``None`` waits without a limit.
            until: Latest due time of the deliveries to wait for. ``None`` for the current time of the sandbox.

        Raises:
            TimeoutError: Deliveries are still due after the timeout.
            DiskFullError: An outcome was not recorded during the wait.
            RuntimeError: The sandbox stopped during the wait.
        """
        with self._changed:
            self._is_disk_full = False
            if not self._changed.wait_for(lambda: self._is_idle(until or self._clock.now()), timeout):
                raise TimeoutError(
                    f"deliveries are still due after {timeout:g} s; check that each endpoint responds, or wait longer"
                )

    def wait_for_claimed(self, timeout: float) -> bool:
        """Wait for the deliveries that are in progress now, and return whether they ended.

        Args:
            timeout: Maximum wait in seconds.
        """
        claimed = set(self._claimed)
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closed or claimed.isdisjoint(self._claimed), timeout)

    def close(self) -> None:
        """End every wait. Pending deliveries stay in the database."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _find_due(
        self, db: sqlite3.Connection, endpoint_id: str, now: datetime, after: DueDelivery | None = None
    ) -> DueDelivery | None:
        rows = db.execute(
            f"{_SELECT_DUE} AND endpoint_id = ? AND due_at <= ? ORDER BY due_at, deliveries.id",
            (endpoint_id, timestamp(now)),
        )
        # SQLite reads on row by row.
        for row in rows:
            if row["id"] not in self._claimed and (after is None or row["id"] != after.id):
                return DueDelivery(*row)
        return None

    def _is_idle(self, moment: datetime) -> bool:
        if self._is_closed:
            raise RuntimeError("the sandbox stopped with deliveries pending; wait for them before you stop it")
        if self._is_disk_full:
            raise self._store.disk_full_error()
        next_time = self.next_time()
        return next_time is None or next_time > moment


def _find_next_time(db: sqlite3.Connection, after: datetime | None) -> datetime | None:
    (due_at,) = db.execute(
        "SELECT min(due_at) FROM deliveries WHERE state = 'pending' AND due_at > ?",
        ("" if after is None else timestamp(after),),
    ).fetchone()
    return None if due_at is None else parse_timestamp(due_at)
