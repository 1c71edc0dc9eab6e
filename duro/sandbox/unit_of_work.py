"""Unit of work: one transaction, with everything that a billing rule may use."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from datetime import datetime

from attrs import Factory, field, frozen

from .._json_types import JSONObject
from ..config import Mode
from .clock import timestamp
from .events import record_event
from .ids import DerivedIds, IdGenerator, IdSource
from .storage.seed import Seed

__all__ = ["UnitOfWork", "WorkFactory"]


def _ignore() -> None:
    """Do nothing."""


def _format_now(uow: UnitOfWork) -> str:
    return timestamp(uow.now)


@frozen
class UnitOfWork:
    """Open transaction with its time, its ids and its events.

    Billing rules take a unit of work and not a request, because a renewal that
    the clock starts does not have a request.

    Attributes:
        db: Open transaction. Its owner commits it or rolls it back.
        now: Sandbox time, aware and in UTC. It is constant for the whole unit.
        ids: Source of ids.
        wake_deliveries: Function to call when deliveries became due.
        idempotency_key: Idempotency key of the request that caused the work, if any.
        seed: Seed of the sandbox.
        wake_scheduler: Function to call when a due item was scheduled.
        mode: Mode of the merchant's data.
        at: Sandbox time in the API's format, as rows store it.
    """

    db: sqlite3.Connection
    now: datetime
    ids: IdSource
    wake_deliveries: Callable[[], None]
    idempotency_key: str | None = None
    seed: Seed = field(factory=Seed)
    wake_scheduler: Callable[[], None] = _ignore
    mode: Mode = "test"
    at: str = field(init=False, default=Factory(_format_now, takes_self=True))

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


@frozen
class WorkFactory:
    """Factory of the units of work of one sandbox.

    Ids of due items are always derived from the item. Ids of requests are
    derived from the request only with a chosen seed, because random ids sort by
    age within one millisecond too.

    Attributes:
        ids: Generator of random ids.
        seed: Seed of the sandbox.
        wake_deliveries: Function to call when deliveries became due.
        wake_scheduler: Function to call when a due item was scheduled.
        mode: Mode of the merchant's data.
    """

    ids: IdGenerator
    seed: Seed
    wake_deliveries: Callable[[], None]
    wake_scheduler: Callable[[], None]
    mode: Mode = "test"

    def for_request(
        self, db: sqlite3.Connection, now: datetime, cause: bytes, idempotency_key: str | None = None
    ) -> UnitOfWork:
        """Create the unit of work of a request.

        Args:
            db: Open transaction.
            now: Sandbox time.
            cause: Content of the request, from which ids are derived.
            idempotency_key: Idempotency key of the request, if any.
        """
        ids = DerivedIds(self._find_digest(db, now, cause)) if self.seed.is_chosen else self.ids
        return UnitOfWork(
            db, now, ids, self.wake_deliveries, idempotency_key, self.seed, self.wake_scheduler, self.mode
        )

    def for_item(self, db: sqlite3.Connection, now: datetime, kind: str, subject: str) -> UnitOfWork:
        """Create the unit of work of a due item.

        Args:
            db: Open transaction.
            now: Time of the item.
            kind: Kind of the item.
            subject: Subject of the item.
        """
        ids = DerivedIds(self.seed.derive(kind, subject, timestamp(now)))
        # The scheduler does not wake itself: it looks for the next item anyway.
        return UnitOfWork(db, now, ids, self.wake_deliveries, seed=self.seed, mode=self.mode)

    def _find_digest(self, db: sqlite3.Connection, now: datetime, cause: bytes) -> int:
        """Return a digest of the request. Equal requests of one millisecond are numbered."""
        content, at = hashlib.sha256(cause).hexdigest(), timestamp(now)
        db.execute("DELETE FROM request_counts WHERE at < ?", (at,))
        row = db.execute("SELECT number FROM request_counts WHERE at = ? AND content = ?", (at, content)).fetchone()
        number = 1 if row is None else row["number"] + 1
        db.execute(
            "INSERT OR REPLACE INTO request_counts (at, content, number) VALUES (?, ?, ?)", (at, content, number)
        )
        return self.seed.derive(content, at, number)
