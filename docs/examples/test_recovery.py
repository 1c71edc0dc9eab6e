"""Tests of failed renewals, against a sandbox whose clock stands still: ``pytest test_recovery.py``."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from duro import Customer, Duro
from duro.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=datetime(2026, 1, 10, 9, tzinfo=UTC), seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.options) as client:
        yield client


@pytest.fixture
def customer(client: Duro) -> Customer:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = client.customers.create(email="ada@example.com")
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    return customer


def status_of(client: Duro, customer: Customer) -> str:
    return client.customers.list_subscriptions(customer.id).collect()[0].status


def test_a_failed_renewal_recovers_on_payday(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "insufficient_funds")
    sandbox.clock.advance(until="subscription_past_due")
    sandbox.clock.advance(until="subscription_recovered")
    assert sandbox.clock.now() == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert status_of(client, customer) == "active"


def test_an_expired_card_waits_for_a_new_one(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "expired_card", times=None)
    sandbox.clock.advance(until="subscription_payment_action_required")
    sandbox.cards.replace(customer.id)
    assert status_of(client, customer) == "active"


def test_a_hard_decline_switches_the_rail(sandbox: Sandbox, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "hard_decline", times=None)
    sandbox.clock.advance(until="subscription_recovered")
    assert [charge.rail for charge in sandbox.ledger] == ["card", "card", "card", "ussd"]


def test_five_failures_end_the_recovery(sandbox: Sandbox, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "do_not_honor", times=None)
    sandbox.clock.advance(until="subscription_unpaid")
    assert sandbox.decisions[-1].action == "exhaust"
