"""Program that runs a story of writes and advances in a database file, and kills itself at a commit.

    python killed_story.py DATABASE COMMIT before|after

It continues where the previous run ended. The last write is repeated under its idempotency key.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from duro import ConflictError, Duro
from duro.sandbox import Sandbox
from duro.sandbox.storage.database import Database

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
CUSTOMERS = ["ada", "decline+insufficient_funds", "decline+expired_card", "bob", "decline+hard_decline", "eve"]


def kill_at(commit: int, where: str) -> None:
    """Kill the process before or after a commit with changes. 0 does not kill it."""
    original = Database.transaction
    left = commit

    @contextmanager
    def transaction(database: Database) -> Generator[sqlite3.Connection, None, None]:
        nonlocal left
        with original(database) as db:
            before = db.total_changes
            yield db
            has_changes = db.total_changes != before
            left -= has_changes
            is_last = has_changes and left == 0
            if is_last and where == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.transaction = transaction


class Story:
    """Steps of a merchant. Each is a function of an idempotency key, or an advance to a time."""

    def __init__(self, sandbox: Sandbox, client: Duro) -> None:
        self.sandbox = sandbox
        self.client = client
        self.steps: list[Callable[..., object]] = []
        create_plan = client.plans.create
        self.steps.append(partial(create_plan, name="Small", amount=3000, interval="week"))
        self.steps.append(partial(create_plan, name="Large", amount=9000, interval="week"))
        self.steps += [partial(client.customers.create, email=f"{name}@example.com") for name in CUSTOMERS]
        self.steps += [partial(self.subscribe, number) for number in range(len(CUSTOMERS))]
        actions = [self.upgrade, self.pause, self.refund, self.resume, self.downgrade, self.cancel]
        for week, action in enumerate(actions, 1):
            self.steps.append(partial(self.advance, START + timedelta(days=9 * week)))
            self.steps += [partial(action, number) for number in (0, 3, 5)]
        self.steps.append(partial(self.advance, START + timedelta(days=120)))

    def advance(self, until: datetime, idempotency_key: str) -> None:
        if self.sandbox.clock.now() < until:
            self.sandbox.clock.advance(until=until)

    def find(self, table: str, number: int) -> str:
        query = f"SELECT id FROM {table} ORDER BY rowid LIMIT 1 OFFSET ?"  # noqa: S608 - constants
        row = self.sandbox._backend.transact(lambda db: db.execute(query, (number,)).fetchone())
        identifier: str = row["id"]
        return identifier

    def subscribe(self, number: int, idempotency_key: str) -> None:
        customer, plan = self.find("customers", number), self.find("plans", 0)
        self.client.subscriptions.create(customer_id=customer, plan_id=plan, idempotency_key=idempotency_key)

    def change(self, plan: int, number: int, key: str) -> None:
        subscription, plan_id = self.find("subscriptions", number), self.find("plans", plan)
        self.client.subscriptions.change_plan(subscription, plan_id=plan_id, idempotency_key=key)

    def upgrade(self, number: int, idempotency_key: str) -> None:
        self.change(1, number, idempotency_key)

    def downgrade(self, number: int, idempotency_key: str) -> None:
        self.change(0, number, idempotency_key)

    def pause(self, number: int, idempotency_key: str) -> None:
        self.client.subscriptions.pause(self.find("subscriptions", number), idempotency_key=idempotency_key)

    def resume(self, number: int, idempotency_key: str) -> None:
        self.client.subscriptions.resume(self.find("subscriptions", number), idempotency_key=idempotency_key)

    def cancel(self, number: int, idempotency_key: str) -> None:
        self.client.subscriptions.cancel(self.find("subscriptions", number), idempotency_key=idempotency_key)

    def refund(self, number: int, idempotency_key: str) -> None:
        self.client.invoices.refund(self.find("invoices", number), amount=100, idempotency_key=idempotency_key)


def main(database: Path) -> None:
    progress = database.with_suffix(".step")
    done = int(progress.read_text()) if progress.exists() else 0
    with (
        Sandbox(database=database, clock="frozen", start=START, seed=7, strict=True) as sandbox,
        Duro(sandbox.secret_key, base_url=sandbox.url, retries=0) as client,
    ):
        steps = Story(sandbox, client).steps
        for number, step in enumerate(steps[done:], done):
            try:
                step(idempotency_key=f"step-{number}")
            except ConflictError:
                print(f"step {number} was refused")
            progress.write_text(str(number + 1))


if __name__ == "__main__":
    kill_at(int(sys.argv[2]), sys.argv[3])
    main(Path(sys.argv[1]))
