"""Invariants of recovery, for any outcomes of charges and any time of a new card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.ledger import list_charges
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings
from duro.sandbox.events import list_events
from duro.sandbox.recovery.decision_log import list_decisions
from duro.sandbox.recovery.failure_codes import CATEGORIES
from duro.sandbox.unit_of_work import UnitOfWork

START = datetime(2026, 1, 10, 9, tzinfo=UTC)

outcomes = st.lists(st.sampled_from(["ok", *CATEGORIES]), max_size=12)
waits = st.lists(st.integers(1, 40), max_size=4)
intervals = st.sampled_from(["week", "month"])


@contextmanager
def open_backend() -> Iterator[Backend]:
    backend = Backend.open(None, 3600, ClockSettings("frozen", START, 7))
    try:
        yield backend
    finally:
        backend.close()


def subscribe(uow: UnitOfWork, interval: str) -> str:
    plan = {"name": "Pro", "amount": 500_000, "currency": "NGN", "interval": interval, "interval_count": 1}
    customer = add_customer(uow, {"email": "ada@example.com"})
    start_subscription(uow, customer, create_plan(uow, {**plan, "trial_days": 0}))
    identifier: str = customer["id"]
    return identifier


def run(backend: Backend, interval: str, outcomes: list[str], waits: list[int]) -> dict[str, Any]:
    """Run a story, and return its rows."""
    with backend.store.transaction() as db:
        customer = subscribe(backend.work.for_request(db, backend.time.now(), b"subscribe"), interval)
    backend.cards.script(customer, outcomes)
    for days in waits:
        backend.clock.advance(days=days)
        backend.cards.replace(customer)
    backend.clock.advance(days=90)
    with backend.store.transaction() as db:
        return {
            "charges": list_charges(db),
            "decisions": list_decisions(db),
            "events": Counter(event.type for event in list_events(db)),
            "invoices": {row["id"]: row["status"] for row in db.execute("SELECT id, status FROM invoices")},
            "subscription": db.execute("SELECT * FROM subscriptions").fetchone(),
            "due": [(row["kind"], row["subject"]) for row in db.execute("SELECT * FROM due_items")],
        }


@pytest.mark.slow
@settings(max_examples=40)
@given(intervals, outcomes, waits)
def test_every_story_is_consistent(interval: str, outcomes: list[str], waits: list[int]) -> None:
    with open_backend() as backend:
        story = run(backend, interval, outcomes, waits)
    check_invoices(story)
    check_decisions(story)
    check_end(story)


def check_invoices(story: dict[str, Any]) -> None:
    succeeded = Counter(charge.invoice_id for charge in story["charges"] if charge.status == "succeeded")
    assert set(succeeded.values()) <= {1}
    assert set(succeeded) == {identifier for identifier, status in story["invoices"].items() if status == "paid"}
    attempts: dict[str, list[int]] = {}
    for charge in story["charges"]:
        attempts.setdefault(charge.invoice_id, []).append(charge.attempt)
    for numbers in attempts.values():
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) <= 5


def check_decisions(story: dict[str, Any]) -> None:
    failed = [(charge.invoice_id, charge.attempt) for charge in story["charges"] if charge.status == "failed"]
    decided = [(each.invoice_id, each.attempt) for each in story["decisions"] if "no new card" not in each.reason]
    assert decided == failed
    ended = {each.invoice_id for each in story["decisions"] if each.action == "exhaust"}
    assert ended == {identifier for identifier, status in story["invoices"].items() if status == "uncollectible"}


def check_end(story: dict[str, Any]) -> None:
    subscription, kinds = story["subscription"], [kind for kind, _ in story["due"]]
    last = story["decisions"][-1].action if story["decisions"] else None
    if subscription["status"] == "active":
        assert kinds == ["period_end"]
    elif subscription["status"] == "unpaid":
        assert (kinds, last) == ([], "exhaust")
    else:
        assert subscription["status"] == "past_due"
        assert kinds == ["card_deadline" if last == "request_card_update" else "recovery_attempt"]
    events = story["events"]
    assert events["subscription_recovered"] == events["subscription_payment_recovered"]
    open_recoveries = subscription["status"] == "past_due"
    ended = events["subscription_recovered"] + events["subscription_unpaid"]
    assert events["subscription_past_due"] == ended + open_recoveries


@settings(max_examples=10)
@given(intervals, outcomes, waits)
def test_a_story_repeats_with_the_same_seed(interval: str, outcomes: list[str], waits: list[int]) -> None:
    with open_backend() as first, open_backend() as second:
        assert run(first, interval, outcomes, waits) == run(second, interval, outcomes, waits)
