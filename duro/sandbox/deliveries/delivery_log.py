"""Delivery log: every attempt to deliver an event, read from the database, and manual replays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar, overload

from ..._checks import check_integer
from ...errors import InvalidArgumentError
from ..clock import SandboxClock, timestamp
from ..errors import ApiError
from ..storage.database import Database
from .delivery import Delivery, find_delivery, list_attempts, list_pending
from .wakeup import Wakeup

__all__ = ["Deliveries"]

T = TypeVar("T")

# Largest integer that SQLite stores.
MAX_ID: Final = 2**63 - 1


class Deliveries(Sequence[Delivery]):
    """Attempts that one sandbox made to deliver events, newest last. Any thread may read them.

    With a database file, they survive a restart.

    Args:
        store: Database of the attempts.
        clock: Time of the sandbox.
        wakeup: Signal that wakes the delivery worker.
    """

    def __init__(self, store: Database, clock: SandboxClock, wakeup: Wakeup) -> None:
        self._store = store
        self._clock = clock
        self._wakeup = wakeup

    @overload
    def __getitem__(self, index: int) -> Delivery: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Delivery, ...]: ...

    def __getitem__(self, index: int | slice) -> Delivery | tuple[Delivery, ...]:
        return self.entries()[index]

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.entries())

    def __len__(self) -> int:
        return self._count("state <> 'pending'")

    def __repr__(self) -> str:
        return f"<Deliveries: {len(self)} made, {len(self.pending)} pending>"

    @property
    def pending(self) -> tuple[Delivery, ...]:
        """Attempts that are still to be made, next first."""
        return self._read(list_pending)

    @property
    def delivered(self) -> int:
        """Number of attempts that the endpoint acknowledged with a 2xx."""
        return self._count("state = 'delivered'")

    def entries(self, limit: int = -1) -> tuple[Delivery, ...]:
        """Return the attempts that were made, newest last.

        Args:
            limit: Number of the latest attempts to return. Negative for all.

        Raises:
            InvalidArgumentError: The limit is not such a number.
        """
        check_integer(
            "limit", limit, minimum=-MAX_ID, maximum=MAX_ID, advice="pass -1 for all", error=InvalidArgumentError
        )
        return self._read(lambda db: list_attempts(db, limit))

    def replay(self, delivery: Delivery | int) -> Delivery:
        """Deliver an event to its endpoint once more, now.

        The replay is the next attempt of the event. If a retry is pending, it is made now instead of at its time.

        Args:
            delivery: Attempt to repeat, or its id.

        Returns:
            The pending attempt.

        Raises:
            InvalidArgumentError: The attempt does not exist, or its endpoint was removed.
            OSError: The disk is full.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:9/closed-port")
            >>> customer = await client.customers.create()
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> sandbox.wait_for_deliveries()
            >>> sandbox.deliveries.replay(sandbox.deliveries[0]).attempt
            2
        """
        identifier = check_integer(
            "delivery",
            delivery.id if isinstance(delivery, Delivery) else delivery,
            minimum=1,
            maximum=MAX_ID,
            advice="pass an item of sandbox.deliveries",
            error=InvalidArgumentError,
        )
        try:
            return self.repeat(identifier)
        except ApiError as error:
            message = error.message
        raise InvalidArgumentError(f"delivery cannot be replayed: {message} Pass an item of sandbox.deliveries.")

    def repeat(self, identifier: int) -> Delivery:
        """Replay an attempt by its id.

        Raises:
            ApiError: The attempt does not exist (404), or its endpoint was removed (409).
        """
        with self._store.transaction() as db:
            delivery = find_delivery(db, identifier)
            if delivery is None:
                raise ApiError(404, "The delivery does not exist.")
            replay = find_delivery(db, _schedule(db, delivery, timestamp(self._clock.now())))
            assert replay is not None  # noqa: S101 - it was written in this transaction
            self._wakeup.notify()
        return replay

    def _count(self, condition: str) -> int:
        number: int = self._read(
            lambda db: db.execute(f"SELECT count(*) FROM deliveries WHERE {condition}").fetchone()[0]  # noqa: S608
        )
        return number

    def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        with self._store.transaction() as db:
            return read(db)


def _schedule(db: sqlite3.Connection, delivery: Delivery, at: str) -> int:
    """Make the next attempt of a delivery due, and return its id."""
    pair = delivery.event_id, delivery.endpoint_id
    if not db.execute("SELECT 1 FROM endpoints WHERE id = ? AND removed_at IS NULL", pair[1:]).fetchone():
        raise ApiError(409, "The endpoint of the delivery was removed.")
    pending = db.execute(
        "UPDATE deliveries SET due_at = min(due_at, ?) WHERE state = 'pending' AND event_id = ? AND endpoint_id = ?"
        " RETURNING id",
        (at, *pair),
    ).fetchone()
    created = (
        pending
        or db.execute(
            "INSERT INTO deliveries (event_id, endpoint_id, attempt, due_at)"
            " SELECT event_id, endpoint_id, max(attempt) + 1, ? FROM deliveries WHERE event_id = ? AND endpoint_id = ?"
            " RETURNING id",
            (at, *pair),
        ).fetchone()
    )
    identifier: int = created["id"]
    return identifier
