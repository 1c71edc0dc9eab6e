"""Budget of SQL statements: they take most of the time of an item in an advance."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings
from duro.sandbox.recovery.charge_rules import find_profile
from duro.sandbox.recovery.settings import find_rules

from .conftest import START

# Begin and commit are included.
PAID_RENEWAL = 15
FAILED_RENEWAL = 20
FAILED_ATTEMPT = 16
PAID_ATTEMPT = 21


@pytest.fixture
def backend() -> Iterator[Backend]:
    """Backend with one subscription that has renewed once. The settings of charges are read only once."""
    backend = Backend.open(None, 3600, ClockSettings("frozen", START, 7))
    with backend.unit_of_work("setup") as uow:
        values = {"name": "Pro", "amount": 3000, "currency": "NGN", "interval": "month", "interval_count": 1}
        plan = create_plan(uow, {**values, "trial_days": 0})
        start_subscription(uow, add_customer(uow, {"email": "ada@example.com"}), plan)
    backend.cards.profile({"do_not_honor": 0.0})
    run_item(backend)
    yield backend
    backend.close()


def run_item(backend: Backend) -> list[str]:
    """Run the item that is due first, and return its statements."""
    statements: list[str] = []
    item = backend.clock.next_due()
    assert item is not None
    backend.transact(lambda db: db.set_trace_callback(statements.append))
    assert backend.scheduler.run_next(item.at) == item
    backend.transact(lambda db: db.set_trace_callback(None))
    # The statements between the two changes of the callback. A trigger repeats the insertion that it belongs to.
    return [statement for statement, _ in groupby(statements[1:-1])]


def fail_charges(backend: Backend, share: float) -> None:
    backend.cards.profile({"do_not_honor": share})
    backend.transact(_read_settings)


def _read_settings(db: sqlite3.Connection) -> None:
    find_profile(db)
    find_rules(db)


def test_a_paid_renewal_keeps_its_budget_of_statements(backend: Backend) -> None:
    assert len(run_item(backend)) <= PAID_RENEWAL


def test_a_recovery_keeps_its_budget_of_statements(backend: Backend) -> None:
    fail_charges(backend, 1.0)
    assert len(run_item(backend)) <= FAILED_RENEWAL
    assert len(run_item(backend)) <= FAILED_ATTEMPT
    fail_charges(backend, 0.0)
    assert len(run_item(backend)) <= PAID_ATTEMPT
