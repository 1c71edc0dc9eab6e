"""Assertions of the sandbox, and the messages of their failures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from duro import Customer, Duro, InvalidArgumentError, Plan
from duro.sandbox import Sandbox
from tests.support.webhook_receiver import listening


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    """Sandbox whose records are of one day, also when the tests run at midnight."""
    with Sandbox(clock="frozen", start=datetime(2026, 1, 31, 9, tzinfo=UTC)) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox):
    with Duro(**sandbox.options) as client:
        yield client


@pytest.fixture
def plan(client: Duro) -> Plan:
    return client.plans.create(name="Pro", amount=500_000, interval="month")


@pytest.fixture
def customer(client: Duro) -> Customer:
    return client.customers.create(email="ada@example.com")


def test_one_charge_passes_with_and_without_its_period(
    sandbox: Sandbox, client: Duro, plan: Plan, customer: Customer
) -> None:
    subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    sandbox.assert_charged_once(customer.id)
    sandbox.assert_charged_once(customer.id, subscription.current_period_start)


def test_a_charge_of_another_period_fails(sandbox: Sandbox, client: Duro, plan: Plan, customer: Customer) -> None:
    subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    start = subscription.current_period_start
    assert start is not None
    with pytest.raises(AssertionError) as caught:
        sandbox.assert_charged_once(customer.id, start + timedelta(days=30))
    first_line = str(caught.value).splitlines()[0]
    assert "got 0 successful charges, in the periods from " in first_line
    assert f"{start:%Y-%m-%dT%H:%M}" in first_line


def test_a_double_charge_fails_with_the_story(sandbox: Sandbox, client: Duro, plan: Plan, customer: Customer) -> None:
    other = client.customers.create()
    client.subscriptions.create(customer_id=other.id, plan_id=plan.id)
    for order in ("order-1", "order-2"):
        sandbox.clock.advance(seconds=1)
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id, idempotency_key=order)
    with pytest.raises(AssertionError) as caught:
        sandbox.assert_charged_once(customer.id)
    first_line, empty, title, date, *lines = str(caught.value).splitlines()
    assert first_line == f"customer {customer.id} must be charged once, got 2 successful charges"
    assert (empty, title) == ("", "Records of the sandbox, by its clock in UTC:")
    assert date.strip() == "2026-01-31"
    marked = [line for line in lines if line.startswith(">")]
    assert len(marked) == 2
    assert all("charge    500,000 succeeded" in line and customer.id in line for line in marked)
    assert ["order-1" in line for line in marked] == [True, False]
    kinds = [line[2:].split()[1] for line in lines]
    first = lines.index(next(line for line in lines if "key order-1" in line))
    assert kinds[first : first + 2] == ["request", "charge"]
    assert "event" in kinds


def test_a_delivery_fails_before_it_is_acknowledged_and_passes_after(
    sandbox: Sandbox, client: Duro, plan: Plan, customer: Customer
) -> None:
    with listening() as receiver:
        sandbox.endpoints.add(receiver.url)
        receiver.gate.clear()
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        with pytest.raises(AssertionError) as caught:
            sandbox.assert_delivered("subscription_activated")
        receiver.gate.set()
        sandbox.wait_for_deliveries()
        sandbox.assert_delivered("subscription_activated")
        with pytest.raises(AssertionError) as repeated:
            sandbox.assert_delivered("subscription_activated", times=2)
    assert str(caught.value).splitlines()[0] == (
        "subscription_activated must be delivered once, got 0 times; "
        "1 more are pending, call wait_for_deliveries() first"
    )
    story = str(repeated.value).splitlines()
    assert story[0] == "subscription_activated must be delivered 2 times, got once"
    (line,) = (line for line in story if line.startswith(">"))
    assert "delivery  subscription_activated  attempt 1  200" in line


def test_a_missing_endpoint_is_named(sandbox: Sandbox) -> None:
    sandbox.assert_delivered("invoice_created", times=0)
    with pytest.raises(AssertionError) as caught:
        sandbox.assert_delivered("invoice_created")
    assert "does not have an endpoint, add one with endpoints.add()" in str(caught.value)
    assert str(caught.value).endswith("The sandbox has not received a request.")


def test_a_long_story_has_the_latest_records(sandbox: Sandbox, client: Duro) -> None:
    for _ in range(70):
        client.plans.list().page()
    with pytest.raises(AssertionError, match=r"\(11 earlier ones are left out\)"):
        sandbox.assert_charged_once("cus_1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((7,), "customer_id must be a string, got int; pass the id that the API returned"),
        (("cus_1", "2026-01-01"), "period_start must be a datetime with a time zone, got str"),
        (("cus_1", datetime(2026, 1, 1)), "period_start must be a datetime with a time zone, got datetime"),  # noqa: DTZ001
    ],
)
def test_a_wrong_argument_of_a_charge_is_named(sandbox: Sandbox, arguments: tuple, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        sandbox.assert_charged_once(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("subscription_create",),
            "type must be an event type, got 'subscription_create'; pass 'subscription_created'",
        ),
        (("zzz",), "pass a type of duro.EventType"),
        ((None,), "type must be a string, got None"),
        (("invoice_created", -1), "times must be an integer of at least 0, got -1"),
    ],
)
def test_a_wrong_argument_of_a_delivery_is_named(sandbox: Sandbox, arguments: tuple, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        sandbox.assert_delivered(*arguments)


def test_the_story_has_refunds_and_leaves_out_pending_deliveries(
    sandbox: Sandbox, client: Duro, plan: Plan, customer: Customer
) -> None:
    with listening() as receiver:
        receiver.gate.clear()
        sandbox.endpoints.add(receiver.url)
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        client.invoices.refund(sandbox.ledger[0].invoice_id)
        with pytest.raises(AssertionError) as caught:
            sandbox.assert_delivered("subscription_payment_refunded")
        story = str(caught.value).partition("\n\n")[2]
        assert re.search(rf" refund +500,000  {customer.id}", story)
        assert not re.search(r"\d delivery ", story.replace("  ", " "))
        receiver.gate.set()
        sandbox.wait_for_deliveries()
