"""Subscriptions for the benchmarks: customers of one monthly plan, and the share of their charges that fail."""

from __future__ import annotations

from datetime import UTC, datetime

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
SEED = 7


def add_subscriptions(backend: Backend, number: int, start: datetime = START) -> None:
    """Add subscriptions of one plan to an empty backend, each with a customer of its own."""
    with backend.store.transaction() as db:
        for index in range(number):
            uow = backend.work.for_request(db, start, str(index).encode())
            if not index:
                values = {"name": "Pro", "amount": 500_000, "currency": "NGN", "interval": "month"}
                plan = create_plan(uow, {**values, "interval_count": 1, "trial_days": 0})
            person = {"email": f"person{index}@example.com", "name": f"Person {index}"}
            start_subscription(uow, add_customer(uow, person), plan)


def fail_charges(backend: Backend, share: float) -> None:
    """Let a share of the charges fail, most of them for a lack of funds."""
    backend.cards.profile({"insufficient_funds": share * 0.7, "do_not_honor": share * 0.3})
