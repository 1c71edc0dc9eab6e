"""Record of an attempt: its outcome, the time of its event's dispatch, and the next attempt."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ...webhooks.inbox.base import RETRY_SECONDS
from ..clock import timestamp
from .due_delivery import DueDelivery, Outcome

__all__ = ["RETRY_DELAYS", "record_outcome"]

RETRY_DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in RETRY_SECONDS)


def record_outcome(
    db: sqlite3.Connection, due: DueDelivery, outcome: Outcome, now: datetime, *, is_duplicated: bool
) -> bool:
    """Record the outcome of an attempt, and schedule the next one. Ignore a withdrawn delivery.

    Args:
        db: Open transaction.
        due: Delivery that was attempted.
        outcome: Outcome of the attempt.
        now: Current sandbox time.
        is_duplicated: Whether the fault ``duplicate`` repeats the delivery at once.

    Returns:
        Whether the endpoint acknowledged the delivery.
    """
    retry_at = _retry_time(due.attempt, now) if outcome.failure else None
    state = "failed" if outcome.failure else "delivered"
    values = outcome.status, outcome.failure, outcome.response, outcome.signature
    recorded = db.execute(
        "UPDATE deliveries"
        " SET state = ?, status = ?, failure = ?, response = ?, signature = ?, retry_at = ?, at = ?"
        # A reset starts the ids again, so the id alone does not identify a withdrawn delivery.
        " WHERE id = ? AND event_id = ? AND state = 'pending'",
        (state, *values, retry_at, timestamp(now), due.id, due.event_id),
    )
    if not recorded.rowcount:
        return False
    next_at = timestamp(now) if is_duplicated else retry_at
    if next_at is not None:
        fault = "duplicate" if is_duplicated else None
        db.execute(
            "INSERT INTO deliveries (event_id, endpoint_id, attempt, due_at, fault) VALUES (?, ?, ?, ?, ?)",
            (due.event_id, due.endpoint_id, due.attempt + 1, next_at, fault),
        )
    if outcome.was_sent:
        db.execute(
            "UPDATE events SET dispatched_at = ? WHERE id = ? AND dispatched_at IS NULL",
            (timestamp(now), due.event_id),
        )
    return outcome.failure is None


def _retry_time(attempt: int, now: datetime) -> str | None:
    return timestamp(now + RETRY_DELAYS[attempt - 1]) if attempt <= len(RETRY_DELAYS) else None
