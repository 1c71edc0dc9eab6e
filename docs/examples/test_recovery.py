"""Tests of renewals that fail: ``pytest test_recovery.py``. The fixtures are in ``conftest.py``."""

from datetime import UTC, datetime

import pytest

from duro import Customer, Duro, Plan
from duro.sandbox import Sandbox


@pytest.fixture(autouse=True)
def subscribe(client: Duro, customer: Customer, plan: Plan) -> None:
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)


def status_of(client: Duro, customer: Customer) -> str:
    return client.customers.list_subscriptions(customer.id).collect()[0].status


def test_failed_renewal_recovers_on_payday(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "insufficient_funds")
    sandbox.clock.advance(until="subscription_past_due")
    assert status_of(client, customer) == "past_due"
    sandbox.clock.advance(until="subscription_recovered")
    assert sandbox.clock.now() == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert status_of(client, customer) == "active"


def test_expired_card_waits_for_a_new_one(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "expired_card", times=None)
    sandbox.clock.advance(until="subscription_payment_action_required")
    sandbox.clock.advance(days=7)
    assert status_of(client, customer) == "past_due"
    sandbox.cards.replace(customer.id)
    assert status_of(client, customer) == "active"


def test_hard_decline_switches_the_rail(sandbox: Sandbox, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "hard_decline", times=None)
    sandbox.clock.advance(until="subscription_recovered")
    assert [charge.rail for charge in sandbox.ledger] == ["card", "card", "card", "ussd"]


def test_fifth_failure_ends_the_recovery(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    sandbox.cards.decline(customer.id, "do_not_honor", times=None)
    sandbox.clock.advance(until="subscription_unpaid")
    assert sandbox.decisions[-1].action == "exhaust"
    assert status_of(client, customer) == "unpaid"
