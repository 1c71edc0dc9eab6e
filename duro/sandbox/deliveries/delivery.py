"""Deliveries: attempts to deliver an event to an endpoint, as their rows describe them."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from ..._sandbox_trace import TRACE_HEADER
from ...errors import redact
from ...webhooks.headers import EVENT_ID, EVENT_TYPE, SIGNATURE

__all__ = [
    "SELECT_DELIVERIES",
    "Delivery",
    "DeliveryState",
    "find_delivery",
    "list_attempts",
    "list_deliveries_of_event",
    "list_pending",
]

DeliveryState: TypeAlias = Literal["pending", "delivered", "failed"]

SELECT_DELIVERIES: Final = (
    "SELECT deliveries.id, event_id, type, endpoint_id, url, attempt, state, status, failure, response,"
    " signature, due_at, retry_at, at, fault FROM deliveries JOIN events ON events.id = event_id"
    " JOIN endpoints ON endpoints.id = endpoint_id"
)


@frozen
class Delivery:
    """One attempt to deliver an event to an endpoint.

    Attributes:
        id: Number of the attempt in its sandbox, for ``replay``.
        event_id: Id of the event, sent as ``Duro-Event-Id``.
        event_type: Type of the event, such as ``subscription_paused``.
        endpoint_id: Id of the endpoint.
        url: URL of the endpoint.
        attempt: Number of the attempt among those of its event and endpoint, from 1.
        state: ``pending`` before the attempt, then ``delivered`` after a 2xx, else ``failed``.
        status: HTTP status that the endpoint returned. ``None`` without a complete response.
        failure: Reason of the failure. ``None`` after a 2xx.
        response: First 200 characters of the response's body, with secrets masked. ``None`` without a response.
        signature: ``Duro-Signature`` header that was sent. It contains the real time, in seconds since the epoch.
            ``None`` if no request was sent.
        due_at: Sandbox time from which the attempt may be made, in the API's format.
        retry_at: Time of the next attempt by the sandbox's clock. ``None`` after a success or the last attempt.
        at: Sandbox time at the end of the attempt, in the API's format. ``None`` before it.
        fault: Kind of the fault that applied: ``duplicate``, ``reorder`` or ``early``. ``None`` without one.
    """

    id: int
    event_id: str
    event_type: str
    endpoint_id: str
    # Secrets do not belong in a URL, but users put them there.
    url: str = field(converter=redact)
    attempt: int
    state: DeliveryState
    status: int | None
    failure: str | None
    response: str | None
    signature: str | None
    due_at: str
    retry_at: str | None
    at: str | None
    fault: str | None

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the attempt sent, for example for ``Webhook.verify``. Empty if no request was sent."""
        if self.signature is None:
            return {}
        return {
            "Content-Type": "application/json",
            SIGNATURE: self.signature,
            EVENT_ID: self.event_id,
            EVENT_TYPE: self.event_type,
            TRACE_HEADER: str(self.id),
        }


def list_attempts(db: sqlite3.Connection, limit: int = -1) -> tuple[Delivery, ...]:
    """Return the attempts that were made, newest last.

    Args:
        db: Open transaction.
        limit: Number of the latest attempts to return. Negative for all.
    """
    rows = db.execute(
        f"{SELECT_DELIVERIES} WHERE state <> 'pending' ORDER BY at DESC, deliveries.id DESC LIMIT ?", (limit,)
    )
    return tuple(Delivery(*row) for row in reversed(rows.fetchall()))


def list_pending(db: sqlite3.Connection) -> tuple[Delivery, ...]:
    """Return the attempts that are still to be made, next first."""
    rows = db.execute(f"{SELECT_DELIVERIES} WHERE state = 'pending' ORDER BY due_at, deliveries.id")
    return tuple(Delivery(*row) for row in rows)


def list_deliveries_of_event(db: sqlite3.Connection, event_id: str) -> tuple[Delivery, ...]:
    """Return the attempts for an event, made and still to be made, in the order of their endpoints.

    Args:
        db: Open transaction.
        event_id: Id of the event.
    """
    rows = db.execute(f"{SELECT_DELIVERIES} WHERE event_id = ? ORDER BY endpoint_id, attempt", (event_id,))
    return tuple(Delivery(*row) for row in rows)


def find_delivery(db: sqlite3.Connection, identifier: int) -> Delivery | None:
    """Return an attempt by its id, or ``None`` if it does not exist."""
    row = db.execute(f"{SELECT_DELIVERIES} WHERE deliveries.id = ?", (identifier,)).fetchone()
    return None if row is None else Delivery(*row)
