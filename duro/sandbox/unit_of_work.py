"""Unit of work: one transaction, with everything that a billing rule may use."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from .._json_types import JSONObject
from .clock import timestamp
from .events import record_event
from .ids import IdGenerator

__all__ = ["UnitOfWork"]


@frozen
class UnitOfWork:
    """Open transaction with its time, its ids and its events.

    Billing rules take a unit of work and not a request, because a renewal that
    the clock starts does not have a request.

    Attributes:
        db: Open transaction. Its owner commits it or rolls it back.
        now: Sandbox time, aware and in UTC. It is constant for the whole unit.
        ids: Generator of ids.
        wake_deliveries: Function to call when deliveries became due.
        idempotency_key: Idempotency key of the request that caused the work, if any.
    """

    db: sqlite3.Connection
    now: datetime
    ids: IdGenerator
    wake_deliveries: Callable[[], None]
    idempotency_key: str | None = None

    @property
    def at(self) -> str:
        """Sandbox time in the API's format, as rows store it."""
        return timestamp(self.now)

    def new_id(self, prefix: str) -> str:
        """Generate an id, such as ``plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6``.

        Args:
            prefix: Kind of object, such as ``plan``.
        """
        return self.ids.generate(prefix, self.now)

    def emit(self, type_: str, data: JSONObject) -> None:
        """Record an event. It is committed with the transaction and delivered afterwards.

        Args:
            type_: Event type of the contract.
            data: ``data`` of the payload.
        """
        if record_event(self.db, self.new_id("evt"), type_, self.at, data):
            # Waking before the commit is safe: the delivery worker reads the outbox in a transaction of its own, and
            # that transaction starts after this one has ended.
            self.wake_deliveries()
