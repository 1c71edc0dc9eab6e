"""The outbox: what is still to be delivered, written in the transaction of the event that it tells of.

No event is lost between its commit and its delivery, and none is delivered
whose commit never came.
"""

from __future__ import annotations

import sqlite3
import threading
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from ..._secrets import Secret, SecretBytes
from ...webhooks.inbox.base import RETRY_SECONDS
from ..clock import Clock, timestamp
from ..storage.database import Database
from .delivery_log import Deliveries, Delivery

__all__ = ["DueDelivery", "Outbox", "Outcome", "enqueue"]

RETRY_AFTER: Final = tuple(timedelta(seconds=seconds) for seconds in RETRY_SECONDS)


@frozen
class DueDelivery:
    """One delivery to make now.

    Attributes:
        event_id: The event.
        event_type: What happened.
        payload: The bytes to deliver.
        endpoint_id: The endpoint.
        url: Its address.
        secret: What signs the delivery.
        attempt: 1 for the first attempt.
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
        """What tells it from all others, for as long as it is in the outbox."""
        return self.event_id, self.endpoint_id


@frozen
class Outcome:
    """What became of an attempt.

    Attributes:
        status: The status of the answer; ``None`` if no whole answer came.
        failure: Why it failed; ``None`` if it did not.
        was_sent: Whether something may have left this machine.
    """

    status: int | None = None
    failure: str | None = None
    was_sent: bool = True


def enqueue(db: sqlite3.Connection, event_id: str, at: str) -> int:
    """Put an event into the outbox, once for each endpoint that there is.

    Args:
        db: The open transaction, in which the event was recorded.
        event_id: The event.
        at: The sandbox's time.

    Returns:
        How many deliveries became due.
    """
    return db.execute(
        "INSERT INTO outbox (event_id, endpoint_id, due_at) SELECT ?, id, ? FROM endpoints", (event_id, at)
    ).rowcount


class Outbox:
    """The deliveries of one sandbox that are still to be made; any thread may ask.

    Args:
        store: Where they are kept.
        clock: Says what is due.
        deliveries: Where attempts are noted.
    """

    def __init__(self, store: Database, clock: Clock, deliveries: Deliveries) -> None:
        self._store = store
        self._clock = clock
        self._deliveries = deliveries
        self._changed = threading.Condition()
        self._is_closed = False

    def due(self, now: datetime, limit: int) -> list[DueDelivery]:
        """List what is due, longest due first; what is under way is due until it is settled.

        Args:
            now: The sandbox's time.
            limit: How many at most.
        """
        with self._store.transaction() as db:
            rows = db.execute(
                "SELECT event_id, type, payload, endpoint_id, url, secret, attempts + 1 FROM outbox"
                " JOIN events ON events.id = event_id JOIN endpoints ON endpoints.id = endpoint_id"
                " WHERE due_at <= ? ORDER BY due_at, event_id, endpoint_id LIMIT ?",
                (timestamp(now), limit),
            )
            return [DueDelivery(*row) for row in rows]

    def holds(self, key: tuple[str, str]) -> bool:
        """Tell whether a delivery is still to be made, or was withdrawn."""
        with self._store.transaction() as db:
            return _holds(db, key)

    def seconds_to_next(self, now: datetime) -> float | None:
        """Tell in how many seconds more will be due; ``None`` if nothing waits for its time.

        Args:
            now: The time by which :meth:`due` was asked: with a later one, what became due in between would count
                neither there nor here.
        """
        with self._store.transaction() as db:
            (due_at,) = db.execute("SELECT min(due_at) FROM outbox WHERE due_at > ?", (timestamp(now),)).fetchone()
        return None if due_at is None else (datetime.fromisoformat(due_at) - now).total_seconds()

    def settle(self, due: DueDelivery, outcome: Outcome) -> None:
        """Note an attempt, and take the delivery out or put it off; one that was withdrawn leaves no trace."""
        with self._store.transaction() as db:
            if not _holds(db, due.key):
                return
            now = self._clock.now()
            retry_at = _retry_at(due.attempt, now) if outcome.failure else None
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
            self._deliveries.note(
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

    def announce(self) -> None:
        """Let those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float) -> None:
        """Wait until nothing is due; retries wait for their time, and are not due before it.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: Something was due all the time.
            RuntimeError: The sandbox was stopped meanwhile.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_quiet, timeout):
                raise TimeoutError(f"deliveries are still due after {timeout:g} s; does an endpoint not answer?")

    def close(self) -> None:
        """Let nobody wait any more; what is still to be delivered stays in the store."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _is_quiet(self) -> bool:
        if self._is_closed:
            raise RuntimeError("the sandbox was stopped, so nothing more will be delivered")
        return not self.due(self._clock.now(), 1)


def _holds(db: sqlite3.Connection, key: tuple[str, str]) -> bool:
    row = db.execute("SELECT 1 FROM outbox WHERE event_id = ? AND endpoint_id = ?", key).fetchone()
    return row is not None


def _retry_at(attempt: int, now: datetime) -> str | None:
    return timestamp(now + RETRY_AFTER[attempt - 1]) if attempt <= len(RETRY_AFTER) else None
