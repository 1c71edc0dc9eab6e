"""Analytics: totals of failed renewals, as the recovery engine settled them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duro import Duro
from duro.sandbox import Sandbox

PATH = "/v1/analytics/failures"
EMPTY = {"inFlight": 0, "recovered": 0, "exhausted": 0, "recoveryRate": 0, "byFailureCode": {}}


@pytest.fixture
def frozen():
    with Sandbox(clock="frozen", start=datetime(2026, 1, 10, 9, tzinfo=UTC)) as sandbox:
        yield sandbox


@pytest.fixture
def client(frozen: Sandbox):
    with Duro(**frozen.options) as client:
        yield client


def subscribe(client: Duro, amount: int) -> str:
    plan = client.plans.create(name="Pro", amount=amount, interval="month")
    customer = client.customers.create(email=f"{amount}@example.com")
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    return customer.id


def test_a_new_sandbox_has_zero_failures(client: Duro) -> None:
    subscribe(client, 100)
    assert client.request("GET", PATH) == EMPTY


def test_a_failed_renewal_counts_under_the_status_of_its_recovery(frozen: Sandbox, client: Duro) -> None:
    frozen.cards.decline(subscribe(client, 4000), "do_not_honor")
    frozen.cards.decline(subscribe(client, 300), "do_not_honor", times=None)
    frozen.cards.decline(subscribe(client, 20), "expired_card", times=None)
    subscribe(client, 50_000)
    frozen.clock.advance(days=31)
    assert client.request("GET", PATH) == {**EMPTY, "inFlight": 4320, "byFailureCode": {"05": 2, "54": 1}}
    frozen.clock.advance(days=7)
    assert client.request("GET", PATH) == {
        "inFlight": 20,
        "recovered": 4000,
        "exhausted": 300,
        "recoveryRate": 4000 / 4300,
        "byFailureCode": {"05": 6, "54": 1},
    }


def test_a_first_charge_is_not_recovered_and_counts_as_a_failure_only(frozen: Sandbox, client: Duro) -> None:
    customer = client.customers.create(email="decline+51@example.com")
    plan = client.plans.create(name="Pro", amount=100, interval="month")
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    assert client.request("GET", PATH) == {**EMPTY, "byFailureCode": {"51": 1}}
