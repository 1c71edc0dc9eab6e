"""Tests of a program that uses Duro, against a sandbox: ``pytest test_billing.py``."""

from collections.abc import Iterator

import pytest

from duro import Duro, OutcomeUnknownError, Subscription, derive_key
from duro.sandbox import Sandbox


def subscribe(client: Duro, order_id: str, email: str, plan_id: str) -> Subscription:
    """Create a customer and a subscription: the code under test."""
    customer = client.customers.create(email=email, idempotency_key=derive_key("customer", order_id))
    return client.subscriptions.create(
        customer_id=customer.id, plan_id=plan_id, idempotency_key=derive_key("subscribe", order_id)
    )


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.options, retries=0) as client:
        yield client


@pytest.fixture
def plan_id(client: Duro) -> str:
    return client.plans.create(name="Pro", amount=500_000, interval="month").id


def test_subscription_is_charged(client: Duro, sandbox: Sandbox, plan_id: str) -> None:
    assert subscribe(client, "order-1", "ada@example.com", plan_id).status == "active"
    assert [charge.amount for charge in sandbox.ledger] == [500_000]


def test_lost_response_does_not_charge_twice(client: Duro, sandbox: Sandbox, plan_id: str) -> None:
    sandbox.faults.add("reset_after", path="/v1/subscriptions")
    with pytest.raises(OutcomeUnknownError):
        subscribe(client, "order-1", "ada@example.com", plan_id)
    subscribe(client, "order-1", "ada@example.com", plan_id)
    assert len(sandbox.ledger) == 1
