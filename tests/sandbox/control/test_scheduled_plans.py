"""Plan changes that are scheduled for the end of the period, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from duro import Duro
from duro.sandbox import Sandbox

END = datetime(2026, 2, 28, 9, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=datetime(2026, 1, 31, 9, tzinfo=UTC), strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.options) as client:
        yield client


@pytest.fixture
def plans(client: Duro) -> tuple[str, str]:
    """Ids of a small and a large plan."""
    small, large = (client.plans.create(name="Pro", amount=amount, interval="month").id for amount in (3000, 9000))
    return small, large


@pytest.fixture
def subscription(client: Duro, plans: tuple[str, str]) -> str:
    customer = client.customers.create(email="ada@example.com")
    return client.subscriptions.create(customer_id=customer.id, plan_id=plans[0]).id


def schedule(sandbox: Sandbox, subscription: str, body: object) -> httpx.Response:
    return httpx.post(f"{sandbox.url}/_sandbox/subscriptions/{subscription}/scheduled-plan", json=body)


def renew(sandbox: Sandbox) -> tuple[int, list[str]]:
    """Advance to the end of the period, and return the charge and the events."""
    before = len(sandbox.events)
    sandbox.clock.advance(until=END)
    return sandbox.ledger[-1].amount, [event.type for event in sandbox.events[before:]]


RENEWED = ["invoice_created", "subscription_payment_success"]


def test_the_plan_changes_at_the_end_of_the_period(sandbox: Sandbox, subscription: str, plans: tuple[str, str]) -> None:
    response = schedule(sandbox, subscription, {"planId": plans[1]})
    assert response.status_code == 200
    assert (response.json()["planId"], response.json()["scheduledPlanId"]) == plans
    assert sandbox.subscription(subscription).scheduled_plan_id == plans[1]
    assert renew(sandbox) == (9000, ["subscription_plan_changed", *RENEWED])


def test_null_removes_the_scheduled_change(sandbox: Sandbox, subscription: str, plans: tuple[str, str]) -> None:
    schedule(sandbox, subscription, {"planId": plans[1]})
    assert schedule(sandbox, subscription, {"planId": None}).json()["scheduledPlanId"] is None
    assert renew(sandbox) == (3000, RENEWED)


def test_the_present_plan_removes_the_scheduled_change(
    sandbox: Sandbox, subscription: str, plans: tuple[str, str]
) -> None:
    schedule(sandbox, subscription, {"planId": plans[1]})
    schedule(sandbox, subscription, {"planId": plans[0]})
    assert renew(sandbox) == (3000, RENEWED)


@pytest.mark.parametrize("number", [0, 1])
def test_a_change_now_removes_the_scheduled_change(
    sandbox: Sandbox, client: Duro, subscription: str, plans: tuple[str, str], number: int
) -> None:
    schedule(sandbox, subscription, {"planId": plans[1]})
    client.subscriptions.change_plan(subscription, plan_id=plans[number])
    assert sandbox.subscription(subscription).scheduled_plan_id is None
    assert renew(sandbox) == ((3000, 9000)[number], RENEWED)


def test_a_change_that_is_not_possible_is_refused(
    sandbox: Sandbox, client: Duro, subscription: str, plans: tuple[str, str]
) -> None:
    client.subscriptions.pause(subscription)
    assert schedule(sandbox, subscription, {"planId": plans[1]}).status_code == 409
    assert schedule(sandbox, subscription, {"planId": None}).status_code == 200
    assert schedule(sandbox, subscription, {"planId": "plan_1"}).status_code == 404
    assert schedule(sandbox, "sub_1", {"planId": plans[1]}).status_code == 404
    assert schedule(sandbox, subscription, {}).status_code == 422
    assert schedule(sandbox, subscription, {"planId": 7}).status_code == 422
