"""Records of one subscription."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duro import Duro, InvalidArgumentError
from duro.sandbox import InvoiceRecord, Sandbox, SubscriptionRecord


@pytest.fixture
def sandbox():
    with Sandbox(clock="frozen", start=datetime(2026, 1, 31, tzinfo=UTC)) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    with Duro(**sandbox.options) as client:
        yield client


@pytest.fixture
def subscription_id(client):
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = client.customers.create()
    # Another subscription of the customer, whose invoices and events are not returned.
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    return client.subscriptions.create(customer_id=customer.id, plan_id=plan.id).id


def test_record_has_the_anchor_the_credit_and_the_flags(client, sandbox, subscription_id):
    lite = client.plans.create(name="Lite", amount=100_000, interval="month")
    client.subscriptions.change_plan(subscription_id, plan_id=lite.id)
    client.subscriptions.cancel(subscription_id, at_period_end=True)
    record = sandbox.subscription(subscription_id)
    assert isinstance(record, SubscriptionRecord)
    assert (record.id, record.plan_id, record.amount) == (subscription_id, lite.id, 100_000)
    assert record.anchor == "2026-01-31T00:00:00.000Z"
    assert record.current_period_end == "2026-02-28T00:00:00.000Z"
    assert record.credit == 400_000
    assert record.cancel_at_period_end is True


def test_invoices_are_those_of_the_subscription_in_order(sandbox, subscription_id):
    sandbox.clock.advance(days=60)
    invoices = sandbox.invoices_of(subscription_id)
    assert all(isinstance(invoice, InvoiceRecord) for invoice in invoices)
    assert {invoice.subscription_id for invoice in invoices} == {subscription_id}
    assert [invoice.period_start[:10] for invoice in invoices] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert {(invoice.kind, invoice.status, invoice.amount, invoice.credit_used) for invoice in invoices} == {
        ("period", "paid", 500_000, 0)
    }


def test_events_are_those_of_the_subscription_in_order(client, sandbox, subscription_id):
    client.subscriptions.pause(subscription_id)
    events = sandbox.events_of(subscription_id)
    assert events[-1].type == "subscription_paused"
    assert set(events) < set(sandbox.events)
    assert [event for event in sandbox.events if event in events] == list(events)


@pytest.mark.parametrize("name", ["subscription", "invoices_of", "events_of"])
def test_an_unknown_subscription_is_reported(sandbox, name):
    with pytest.raises(InvalidArgumentError, match="identifier must be the id of a subscription"):
        getattr(sandbox, name)("sub_1")
