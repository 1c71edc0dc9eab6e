"""Findings of a chaos run: the mistakes that they name, and correct programs without any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duro import Customer, Duro, OutcomeUnknownError, Plan
from duro.sandbox import Sandbox
from duro.testing.chaos.applied import count_faults, list_faults
from duro.testing.chaos.findings import find_effects
from duro.testing.chaos.injection import LostResponse, RequestFault
from tests.support.webhook_receiver import listening


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.options, retries=0) as client:
        yield client


@pytest.fixture
def plan(client: Duro) -> Plan:
    return client.plans.create(name="Pro", amount=500_000, interval="month")


@pytest.fixture
def customer(client: Duro) -> Customer:
    return client.customers.create()


def lose_responses(sandbox: Sandbox, times: int = 1) -> list[str]:
    """Lose the responses of the next writes, and return the list of their request ids."""
    lost = LostResponse()
    sandbox.faults.append(RequestFault(lost, times=times))
    return lost.request_ids


def subscribe(client: Duro, customer: Customer, plan: Plan, key: str) -> None:
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id, idempotency_key=key)


@pytest.fixture
def lost_purchase(sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan) -> list[str]:
    """Subscribe under the key order-1, lose the response, and return the list of the lost request ids."""
    lost = lose_responses(sandbox)
    with pytest.raises(OutcomeUnknownError):
        subscribe(client, customer, plan, "order-1")
    return lost


def test_a_renewal_after_a_repeated_call_is_not_a_double_charge(
    sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan, lost_purchase: list[str]
) -> None:
    subscribe(client, customer, plan, "order-1")
    sandbox.clock.advance(days=32)
    assert len(sandbox.ledger) == 2
    assert find_effects(sandbox, lost_purchase) == []


def test_a_second_purchase_after_a_repeated_call_is_not_a_double_charge(
    sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan, lost_purchase: list[str]
) -> None:
    subscribe(client, customer, plan, "order-1")
    subscribe(client, customer, plan, "order-2")
    assert find_effects(sandbox, lost_purchase) == []


def test_a_charge_under_another_key_is_a_double_charge(
    sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan, lost_purchase: list[str]
) -> None:
    subscribe(client, customer, plan, "order-2")
    (effect,) = find_effects(sandbox, lost_purchase)
    assert effect == (
        f"charged twice: customer {customer.id} paid 500,000 again after the response of POST /v1/subscriptions "
        "with key order-1 was lost; repeat the call with the same idempotency key"
    )


def test_an_abandoned_charge_is_unknown_also_if_it_is_renewed(sandbox: Sandbox, lost_purchase: list[str]) -> None:
    sandbox.clock.advance(days=32)
    (effect,) = find_effects(sandbox, lost_purchase)
    assert effect.startswith("left unknown: the response of POST /v1/subscriptions with key order-1 was lost")


def test_the_key_of_the_next_call_is_named_and_a_repeated_mistake_is_counted(sandbox: Sandbox, client: Duro) -> None:
    lost = lose_responses(sandbox, times=3)
    for number in range(1, 4):
        with pytest.raises(OutcomeUnknownError):
            client.customers.create(idempotency_key=f"try-{number}")
    client.customers.create(idempotency_key="try-4")
    (effect,) = find_effects(sandbox, lost)
    assert effect == (
        "left unknown: the response of POST /v1/customers with key try-1 was lost and the call was not repeated "
        "under it, but with key try-2; repeat it with the same idempotency key (and 2 more)"
    )


def test_faults_of_requests_and_deliveries_are_listed_in_the_order_of_time(
    sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan
) -> None:
    with listening() as receiver:
        sandbox.endpoints.add(receiver.url, events=["subscription_activated"])
        sandbox.faults.add("duplicate")
        sandbox.faults.add("reset_after", method="POST", path="/v1/subscriptions")
        sandbox.faults.add("delay", seconds=0, path="/v1/plans")
        client.plans.list().collect()
        with pytest.raises(OutcomeUnknownError):
            subscribe(client, customer, plan, "order-1")
        sandbox.wait_for_deliveries()
        lines = list_faults(sandbox)
    assert lines[:2] == ["delay  GET /v1/plans", "reset_after  POST /v1/subscriptions  key order-1"]
    assert lines[2].startswith("duplicate  subscription_activated  attempt 2  evt_")
    assert count_faults(lines) == "1 delay, 1 reset_after, 1 duplicate"
