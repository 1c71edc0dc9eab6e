"""Tests of the life of a subscription: ``pytest test_subscriptions.py``. The fixtures are in ``conftest.py``."""

from datetime import UTC, datetime

from duro import Customer, Duro, Plan
from duro.sandbox import Sandbox


def charged(sandbox: Sandbox) -> list[int]:
    return [charge.amount for charge in sandbox.ledger if charge.status == "succeeded"]


def test_trial_converts_to_a_paid_period(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=14)
    subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    assert (subscription.status, charged(sandbox)) == ("trialing", [])
    sandbox.clock.advance(until="subscription_activated")
    assert sandbox.clock.now() == datetime(2026, 1, 24, 9, tzinfo=UTC)
    assert charged(sandbox) == [500_000]


def test_downgrade_lowers_the_next_invoice(sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan) -> None:
    subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    basic = client.plans.create(name="Basic", amount=190_000, interval="month")
    sandbox.clock.advance(days=21)  # 10 of 31 days are left
    change = client.subscriptions.change_plan(subscription.id, plan_id=basic.id)
    assert (change.proration.kind, change.proration.amount) == ("credit", 100_000)
    sandbox.clock.advance(days=10)
    assert charged(sandbox) == [500_000, 90_000]


def test_cancellation_ends_the_paid_period(sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan) -> None:
    subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    client.subscriptions.cancel(subscription.id, at_period_end=True)
    sandbox.clock.advance(until="subscription_cancelled")
    assert sandbox.clock.now() == subscription.current_period_end
    sandbox.assert_charged_once(customer.id)


def test_subscription_expires_after_three_cycles(sandbox: Sandbox, client: Duro, customer: Customer) -> None:
    plan = client.plans.create(name="Course", amount=500_000, interval="month", max_cycles=3)
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    sandbox.clock.advance(until="subscription_expired")
    assert sandbox.clock.now() == datetime(2026, 4, 10, 9, tzinfo=UTC)
    assert charged(sandbox) == [500_000] * 3
