"""End to end: SDK calls, events delivered by the sandbox, handlers in every framework."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duro import Duro
from duro.webhooks import (
    InvoiceCreated,
    SubscriptionActivated,
    SubscriptionCreated,
    SubscriptionPaymentSuccess,
    Webhook,
)


@pytest.fixture
def client(sandbox):
    with Duro(**sandbox.options) as client:
        yield client


@pytest.fixture
def subscribe(client):
    """Subscribe a new customer: three events, or one if the plan has a trial."""

    def create(**members):
        plan = client.plans.create(name="Pro", amount=500_000, interval="month", **members)
        return client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)

    return create


@pytest.fixture
def bodies(monkeypatch):
    """Raw bodies of the verified deliveries, by event id."""
    verify, seen = Webhook.verify, {}

    def record(webhook, body, headers):
        event = verify(webhook, body, headers)
        seen[event.id] = bytes(body)
        return event

    monkeypatch.setattr(Webhook, "verify", record)
    return seen


def outcomes(sandbox):
    return [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]


@pytest.mark.slow
def test_subscription_delivers_typed_events_once(serve, shop, handler, sandbox, subscribe):
    sandbox.endpoints.add(serve(handler).url)
    subscription = subscribe()
    sandbox.wait_for_deliveries()
    events = [shop.next() for _ in range(4)]
    types = [SubscriptionCreated, InvoiceCreated, SubscriptionPaymentSuccess, SubscriptionActivated]
    assert [type(event) for event in events] == types
    assert {event.id for event in events} == {entry.id for entry in sandbox.events}
    assert {event.subscription_id for event in events} == {subscription.id}
    assert outcomes(sandbox) == [(1, 200)] * 4
    assert shop.handled.empty()


@pytest.mark.slow
def test_delivered_bytes_are_those_of_retrieve_payload(serve, shop, sandbox, client, subscribe, *, bodies):
    sandbox.endpoints.add(serve(shop.plain).url)
    subscribe()
    sandbox.wait_for_deliveries()
    for event in (shop.next() for _ in range(4)):
        payload = client.events.retrieve_payload(event.id)
        assert payload.matches(bodies[event.id])
        assert payload.event.data == event.data
        assert client.events.retrieve(event.id).dispatched_at - event.created_at < timedelta(minutes=1)


@pytest.mark.slow
def test_failed_event_is_delivered_again_and_handled_once(serve, shop, handler, sandbox, subscribe):
    shop.failures = 1
    sandbox.endpoints.add(serve(handler).url)
    subscribe(trial_days=7)
    sandbox.wait_for_deliveries()
    assert outcomes(sandbox) == [(1, 500)]
    assert shop.handled.empty()
    sandbox.clock.advance(minutes=1)
    sandbox.wait_for_deliveries()
    assert outcomes(sandbox) == [(1, 500), (2, 200)]
    assert shop.next().id == sandbox.events[0].id
    assert (shop.handled.qsize(), shop.started.qsize()) == (0, 2)


@pytest.mark.slow
def test_event_delivered_twice_is_handled_once(serve, shop, handler, sandbox, subscribe):
    url = serve(handler).url
    for _ in range(2):
        sandbox.endpoints.add(url)
    subscribe(trial_days=7)
    sandbox.wait_for_deliveries()
    # The second delivery can get a 503 while the first is in progress; Duro then repeats it.
    sandbox.clock.advance(minutes=1)
    sandbox.wait_for_deliveries()
    assert sandbox.stats.deliveries == 2
    assert shop.next().id == sandbox.events[0].id
    assert (shop.handled.qsize(), shop.started.qsize()) == (0, 1)


@pytest.mark.slow
def test_delivery_signed_with_another_secret_is_rejected(serve, shop, sandbox, subscribe):
    sandbox.endpoints.add(serve(shop.plain).url, secret="whsec_of_another")
    subscribe(trial_days=7)
    sandbox.wait_for_deliveries()
    assert outcomes(sandbox) == [(1, 400)]
    assert shop.started.empty()
