"""Outbox: attempts still to be made, written in the transaction that records their event.

The shared transaction keeps both consistent. No committed event is left without
its deliveries, and no delivery exists for an event that was rolled back.

While an attempt is in progress, its row stays pending. A sandbox that stops in the middle of an attempt therefore
repeats it after the next start.
"""

from __future__ import annotations

import sqlite3
import threading
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from ..._secrets import Secret, SecretBytes
from ...webhooks.inbox.base import RETRY_SECONDS
from ..clock import SandboxClock, timestamp
from ..storage.database import Database

__all__ = ["DueDelivery", "Outbox", "Outcome", "enqueue"]

RETRY_DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in RETRY_SECONDS)


@frozen
class DueDelivery:
    """Delivery that is due now.

    Attributes:
        id: Id of the attempt.
        event_id: Id of the event.
        event_type: Type of the event.
        payload: Body to send.
        endpoint_id: Id of the endpoint.
        url: URL of the endpoint.
        secret: Signing secret of the endpoint.
        attempt: Number of the attempt, from 1.
    """

    id: int
    event_id: str
    event_type: str
    payload: bytes = field(converter=SecretBytes)
    endpoint_id: str
    url: str = field(repr=False)
    secret: Secret = field(converter=Secret)
    attempt: int


@frozen
class Outcome:
    """Outcome of a delivery attempt.

    Attributes:
        status: HTTP status of the response. ``None`` without a complete response.
        failure: Reason of the failure. ``None`` after a success.
        response: First characters of the response's body. ``None`` without a complete response.
        was_sent: Whether the request may have left this machine.
    """

    status: int | None = None
    failure: str | None = None
    response: str | None = None
    was_sent: bool = True


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
    return db.execute(
        "INSERT INTO deliveries (event_id, endpoint_id, due_at) SELECT ?, id, ? FROM endpoints"
        " WHERE removed_at IS NULL AND (events = '[]' OR ? IN (SELECT value FROM json_each(events)))"
        " ORDER BY created_at, id",
        (event_id, at, event_type),
    ).rowcount


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

    def endpoints(self) -> set[str]:
        """Return the ids of the endpoints that exist."""
        with self._store.transaction() as db:
            return {row["id"] for row in db.execute("SELECT id FROM endpoints WHERE removed_at IS NULL")}

    def due_endpoints(self, now: datetime) -> list[str]:
        """Return the ids of the endpoints with a due delivery. One that is in progress stays due until it is settled.

        Args:
            now: Current sandbox time.
        """
        with self._store.transaction() as db:
            rows = db.execute(
                "SELECT DISTINCT endpoint_id FROM deliveries WHERE state = 'pending' AND due_at <= ?", (timestamp(now),)
            )
            return [row["endpoint_id"] for row in rows]

    def next_due(self, endpoint_id: str, now: datetime) -> DueDelivery | None:
        """Return the delivery that is due longest for an endpoint, or ``None``.

        Args:
            endpoint_id: Id of the endpoint.
            now: Current sandbox time.
        """
        with self._store.transaction() as db:
            row = db.execute(
                "SELECT deliveries.id, event_id, type, payload, endpoint_id, url, secret, attempt FROM deliveries"
                " JOIN events ON events.id = event_id JOIN endpoints ON endpoints.id = endpoint_id"
                " WHERE state = 'pending' AND endpoint_id = ? AND due_at <= ? ORDER BY due_at, deliveries.id LIMIT 1",
                (endpoint_id, timestamp(now)),
            ).fetchone()
        return None if row is None else DueDelivery(*row)

    def next_time(self, after: datetime | None = None) -> datetime | None:
        """Return the time of the first pending delivery, or ``None``.

        Args:
            after: Sandbox time that the delivery must be later than. ``None`` for no bound.
        """
        with self._store.transaction() as db:
            (due_at,) = db.execute(
                "SELECT min(due_at) FROM deliveries WHERE state = 'pending' AND due_at > ?",
                ("" if after is None else timestamp(after),),
            ).fetchone()
        return None if due_at is None else datetime.fromisoformat(due_at)

    def settle(self, due: DueDelivery, outcome: Outcome) -> None:
        """Record the outcome of an attempt, and schedule the next one. Ignore a withdrawn delivery."""
        with self._store.transaction() as db:
            now = self._clock.now()
            retry_at = _retry_time(due.attempt, now) if outcome.failure else None
            state = "failed" if outcome.failure else "delivered"
            values = state, outcome.status, outcome.failure, outcome.response, retry_at, timestamp(now)
            settled = db.execute(
                "UPDATE deliveries SET state = ?, status = ?, failure = ?, response = ?, retry_at = ?, at = ?"
                # A reset starts the ids again, so the id alone does not identify a withdrawn delivery.
                " WHERE id = ? AND event_id = ? AND state = 'pending'",
                (*values, due.id, due.event_id),
            )
            if not settled.rowcount:
                return
            if retry_at is not None:
                db.execute(
                    "INSERT INTO deliveries (event_id, endpoint_id, attempt, due_at) VALUES (?, ?, ?, ?)",
                    (due.event_id, due.endpoint_id, due.attempt + 1, retry_at),
                )
            if outcome.was_sent:
                db.execute(
                    "UPDATE events SET dispatched_at = ? WHERE id = ? AND dispatched_at IS NULL",
                    (timestamp(now), due.event_id),
                )

    def notify_waiters(self) -> None:
        """Wake the threads in ``wait``, so that they check again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float | None) -> None:
        """Wait until no delivery is due. A scheduled retry is not due before its time.

        Args:
            timeout: Maximum wait in seconds. ``None`` waits without a limit.

        Raises:
            TimeoutError: Deliveries are still due after the timeout.
            RuntimeError: The sandbox stopped during the wait.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_idle, timeout):
                raise TimeoutError(
                    f"deliveries are still due after {timeout:g} s; check that each endpoint responds, or wait longer"
                )

    def close(self) -> None:
        """End every wait. Pending deliveries stay in the database."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _is_idle(self) -> bool:
        if self._is_closed:
            raise RuntimeError("the sandbox stopped with deliveries pending; wait for them before you stop it")
        next_time = self.next_time()
        return next_time is None or next_time > self._clock.now()


def _retry_time(attempt: int, now: datetime) -> str | None:
    return timestamp(now + RETRY_DELAYS[attempt - 1]) if attempt <= len(RETRY_DELAYS) else None
