"""Story of a seed: a change of speed must not change what happens, nor the ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer, blacklist_customer
from duro.sandbox.billing.event_data import subscription_event_data
from duro.sandbox.billing.ledger import list_charges
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings
from duro.sandbox.recovery.decision_log import list_decisions
from duro.sandbox.storage.rows import find

from .conftest import START

SUBSCRIPTIONS = 30

# With events, decisions, and the begin and the end of each transaction.
MAX_STATEMENTS = 27

# As they were when the story was first recorded. They change only with a rule, or with the derivation of ids.
EVENTS = 502
DIGEST = "ee9362dec4df6bede5f8d59699728815fcfb86a57b84a370b9a9490bb21ca844"


@pytest.fixture
def backend() -> Iterator[Backend]:
    with closing(Backend.open(None, 3600, ClockSettings("frozen", START, 7))) as backend:
        yield backend


def subscribe(backend: Backend) -> None:
    """Subscribe customers to a plan, some of them with metadata."""
    terms = {"name": "Pro", "amount": 3000, "currency": "NGN", "interval": "month", "interval_count": 1}
    with backend.store.transaction() as db:
        uow = backend.work.for_request(db, START, b"plan")
        plan = create_plan(uow, {**terms, "trial_days": 0})
        for number in range(SUBSCRIPTIONS):
            uow = backend.work.for_request(db, START, str(number).encode())
            customer = add_customer(uow, {"email": f"customer{number}@example.com"})
            start_subscription(uow, customer, plan, metadata={"number": number} if number % 2 else None)


def digest(backend: Backend) -> str:
    with backend.store.transaction() as db:
        events = [tuple(row) for row in db.execute("SELECT id, type, payload, created_at FROM events ORDER BY rowid")]
        story = events, list_charges(db), list_decisions(db)
    return hashlib.sha256(repr(story).encode()).hexdigest()


def test_a_seed_has_the_story_that_it_had_before(backend: Backend) -> None:
    subscribe(backend)
    backend.cards.profile({"insufficient_funds": 0.2, "hard_decline": 0.1, "expired_card": 0.1})
    first = find_customer(backend)
    backend.cards.script(first, ["ok", "hard_decline", "ok"])
    backend.cards.decline(first, "insufficient_funds", times=2)
    assert backend.clock.advance(days=150).events == EVENTS
    assert digest(backend) == DIGEST


def find_customer(backend: Backend) -> str:
    return backend.transact(lambda db: db.execute("SELECT min(id) FROM customers").fetchone()[0])


def test_the_events_of_one_unit_of_work_show_each_change_of_the_customer(backend: Backend) -> None:
    subscribe(backend)
    with backend.unit_of_work("blacklist") as uow:
        subscription = uow.db.execute("SELECT * FROM subscriptions").fetchone()
        before = subscription_event_data(uow, subscription)["customer"]
        blacklist_customer(uow, find(uow.db, "customers", subscription["customer_id"]), "fraud")
        after = subscription_event_data(uow, subscription)["customer"]
    assert before == {**after, "blacklisted": False, "blacklistReason": None}
    assert after["blacklistReason"] == "fraud"


def test_an_item_takes_few_statements(backend: Backend) -> None:
    subscribe(backend)
    backend.cards.profile({"insufficient_funds": 0.245, "do_not_honor": 0.105})
    statements = list[str]()
    backend.store._connection.set_trace_callback(statements.append)
    result = backend.clock.advance(days=150)
    assert len(statements) / result.items < MAX_STATEMENTS
