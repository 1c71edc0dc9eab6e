"""Backends and units of work without a server."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.ledger import Charge, list_charges
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings
from duro.sandbox.events import list_events
from duro.sandbox.ids import IdGenerator
from duro.sandbox.storage.database import Database
from duro.sandbox.storage.rows import find
from duro.sandbox.unit_of_work import UnitOfWork

T = TypeVar("T")
WorkAt: TypeAlias = Callable[[str], UnitOfWork]

START = datetime(2026, 1, 31, 9, tzinfo=UTC)


class Shop:
    """Merchant of a sandbox without a server, whose clock stands at the start of a test."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.clock = backend.clock
        self._calls = 0

    def call(self, action: Callable[..., T], *args: object, **options: object) -> T:
        """Run a billing rule in a transaction of its own, as a request does."""
        self._calls += 1
        with self.backend.store.transaction() as db:
            uow = self.backend.work.for_request(db, self.backend.time.now(), str(self._calls).encode())
            return action(uow, *args, **options)

    def plan(self, **values: object) -> sqlite3.Row:
        common = {"name": "Pro", "amount": 3000, "currency": "NGN", "interval": "month", "interval_count": 1}
        return self.call(create_plan, {**common, "trial_days": 0, **values})

    def customer(self) -> sqlite3.Row:
        return self.call(add_customer, {"email": "ada@example.com"})

    def subscribe(self, plan: sqlite3.Row | None = None, **values: object) -> str:
        """Subscribe a new customer, and return the id of the subscription."""
        return self.call(start_subscription, self.customer(), plan or self.plan(**values))["id"]

    def subscription(self, identifier: str) -> sqlite3.Row:
        return self.backend.transact(lambda db: find(db, "subscriptions", identifier))

    def act(self, action: Callable[..., T], identifier: str, *args: object, **options: object) -> T:
        """Run a billing rule on a subscription."""
        return self.call(action, self.subscription(identifier), *args, **options)

    def events(self) -> list[str]:
        return [event.type for event in self.backend.transact(list_events)]

    def charges(self) -> list[Charge]:
        return list(self.backend.transact(list_charges))

    def amounts(self) -> list[int]:
        return [charge.amount for charge in self.charges()]

    def invoices(self) -> list[sqlite3.Row]:
        return self.backend.transact(lambda db: db.execute("SELECT * FROM invoices ORDER BY rowid").fetchall())


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Merchant of a sandbox with a frozen clock and a seed."""
    backend = Backend.open(None, 3600, ClockSettings("frozen", START, 7))
    yield Shop(backend)
    backend.close()


@pytest.fixture
def fail_charges(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Function that sets the outcomes of the next charges. Later ones succeed."""

    def fail(*outcomes: str | None) -> None:
        left = list(outcomes)
        monkeypatch.setattr(
            "duro.sandbox.recovery.failure_simulation.choose_outcome", lambda *_, **__: left.pop(0) if left else None
        )

    return fail


@pytest.fixture
def work_at() -> Iterator[WorkAt]:
    """Function that creates a unit of work at a time; all of them share one transaction."""
    database, ids = Database(), IdGenerator()

    def at(moment: str) -> UnitOfWork:
        return UnitOfWork(db, datetime.fromisoformat(moment).replace(tzinfo=UTC), ids, lambda: None)

    with database.transaction() as db:
        yield at
    database.close()
