"""Outbox: deliveries still to be made, written in the transaction that records their event.

The shared transaction keeps both consistent. No committed event is left without
its deliveries, and no delivery exists for an event that was rolled back.

A delivery stays in the outbox until it succeeds, its last attempt fails, or its endpoint is removed. While an attempt
is in progress, its row stays unchanged. A sandbox that stops in the middle of an attempt therefore repeats it after
the next start.
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
from .delivery_log import Delivery, DeliveryLog

__all__ = ["DueDelivery", "Outbox", "Outcome", "enqueue"]

RETRY_DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in RETRY_SECONDS)


@frozen
class DueDelivery:
    """Delivery that is due now.

    Attributes:
        event_id: Id of the event.
        event_type: Type of the event.
        payload: Body to send.
        endpoint_id: Id of the endpoint.
        url: URL of the endpoint.
        secret: Signing secret of the endpoint.
        attempt: Number of the attempt, from 1.
    """

    event_id: str
    event_type: str
    payload: bytes = field(converter=SecretBytes)
    endpoint_id: str
    url: str = field(repr=False)
    secret: Secret = field(converter=Secret)
    attempt: int

    @property
    def key(self) -> tuple[str, str]:
        """Key of the delivery in the outbox."""
        return self.event_id, self.endpoint_id


@frozen
class Outcome:
    """Outcome of a delivery attempt.

    Attributes:
        status: HTTP status of the response. ``None`` without a complete response.
        failure: Reason of the failure. ``None`` after a success.
        was_sent: Whether the request may have left this machine.
    """

    status: int | None = None
    failure: str | None = None
    was_sent: bool = True


def enqueue(db: sqlite3.Connection, event_id: str, at: str) -> int:
    """Add one delivery of an event for each endpoint.

    Args:
        db: Open transaction that records the event.
        event_id: Id of the event.
        at: Current sandbox time, in the API's format.

    Returns:
        Number of added deliveries.
    """
    return db.execute(
        "INSERT INTO outbox (event_id, endpoint_id, due_at) SELECT ?, id, ? FROM endpoints", (event_id, at)
    ).rowcount


class Outbox:
    """Pending deliveries of one sandbox. Any thread may use it.

    Args:
        store: Database of the deliveries.
        clock: Time of the sandbox.
        log: Log of the attempts.
    """

    def __init__(self, store: Database, clock: SandboxClock, log: DeliveryLog) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._changed = threading.Condition()
        self._is_closed = False

    def due(self, now: datetime, limit: int) -> list[DueDelivery]:
        """Return due deliveries, longest due first. One that is in progress stays due until it is settled.

        Args:
            now: Current sandbox time.
            limit: Maximum number of deliveries.
        """
        with self._store.transaction() as db:
            rows = db.execute(
                "SELECT event_id, type, payload, endpoint_id, url, secret, attempts + 1 FROM outbox"
                " JOIN events ON events.id = event_id JOIN endpoints ON endpoints.id = endpoint_id"
                " WHERE due_at <= ? ORDER BY due_at, event_id, endpoint_id LIMIT ?",
                (timestamp(now), limit),
            )
            return [DueDelivery(*row) for row in rows]

    def contains(self, key: tuple[str, str]) -> bool:
        """Return whether a delivery is still pending. A withdrawn one is not."""
        with self._store.transaction() as db:
            return _contains(db, key)

    def seconds_to_next(self, now: datetime) -> float | None:
        """Return the seconds until the next delivery becomes due. Return ``None`` if none is scheduled.

        Args:
            now: Sandbox time that was passed to ``due``. With a later time, a delivery that became due between
                the two calls would be missing from both results.
        """
        with self._store.transaction() as db:
            (due_at,) = db.execute("SELECT min(due_at) FROM outbox WHERE due_at > ?", (timestamp(now),)).fetchone()
        return None if due_at is None else (datetime.fromisoformat(due_at) - now).total_seconds()

    def settle(self, due: DueDelivery, outcome: Outcome) -> None:
        """Log an attempt, and remove its delivery or schedule the next attempt. Ignore a withdrawn delivery."""
        with self._store.transaction() as db:
            if not _contains(db, due.key):
                return
            now = self._clock.now()
            retry_at = _retry_time(due.attempt, now) if outcome.failure else None
            if retry_at is None:
                db.execute("DELETE FROM outbox WHERE event_id = ? AND endpoint_id = ?", due.key)
            else:
                db.execute(
                    "UPDATE outbox SET attempts = ?, due_at = ? WHERE event_id = ? AND endpoint_id = ?",
                    (due.attempt, retry_at, *due.key),
                )
            if outcome.was_sent:
                db.execute(
                    "UPDATE events SET dispatched_at = ? WHERE id = ? AND dispatched_at IS NULL",
                    (timestamp(now), due.event_id),
                )
            self._log.append(
                Delivery(
                    event_id=due.event_id,
                    event_type=due.event_type,
                    endpoint_id=due.endpoint_id,
                    url=due.url,
                    attempt=due.attempt,
                    status=outcome.status,
                    failure=outcome.failure,
                    retry_at=retry_at,
                    at=timestamp(now),
                )
            )

    def notify_waiters(self) -> None:
        """Wake the threads in ``wait``, so that they check again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float) -> None:
        """Wait until no delivery is due. A scheduled retry is not due before its time.

        Args:
            timeout: Maximum wait in seconds.

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
        return not self.due(self._clock.now(), 1)


def _contains(db: sqlite3.Connection, key: tuple[str, str]) -> bool:
    row = db.execute("SELECT 1 FROM outbox WHERE event_id = ? AND endpoint_id = ?", key).fetchone()
    return row is not None


def _retry_time(attempt: int, now: datetime) -> str | None:
    return timestamp(now + RETRY_DELAYS[attempt - 1]) if attempt <= len(RETRY_DELAYS) else None
