"""Tests of a program that uses Duro, with the fixtures of its pytest plugin: ``pytest test_billing.py``."""

import pytest

from duro import Duro, OutcomeUnknownError, Subscription, derive_key
from duro.sandbox import Sandbox


def subscribe(client: Duro, order_id: str, email: str, plan_id: str) -> Subscription:
    """Create a customer and a subscription: the code under test."""
    customer = client.customers.create(email=email, idempotency_key=derive_key("customer", order_id))
    return client.subscriptions.create(
        customer_id=customer.id, plan_id=plan_id, idempotency_key=derive_key("subscribe", order_id)
    )


@pytest.fixture
def plan_id(duro_client: Duro) -> str:
    return duro_client.plans.create(name="Pro", amount=500_000, interval="month").id


def test_subscription_is_charged(duro_client: Duro, duro_sandbox: Sandbox, plan_id: str) -> None:
    subscription = subscribe(duro_client, "order-1", "ada@example.com", plan_id)
    assert subscription.status == "active"
    (customer,) = duro_client.customers.list().collect()
    duro_sandbox.assert_charged_once(customer.id, subscription.current_period_start)


@pytest.mark.duro_faults("reset_after", path="/v1/subscriptions")
def test_lost_response_does_not_charge_twice(duro_client: Duro, duro_sandbox: Sandbox, plan_id: str) -> None:
    client = duro_client.with_options(retries=0)
    with pytest.raises(OutcomeUnknownError):
        subscribe(client, "order-1", "ada@example.com", plan_id)
    subscribe(client, "order-1", "ada@example.com", plan_id)
    (customer,) = client.customers.list().collect()
    duro_sandbox.assert_charged_once(customer.id)
