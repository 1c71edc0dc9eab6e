"""The whole way: a call through the SDK, its events signed and delivered by the sandbox, handled in every framework."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duro import Duro
from duro.webhooks import InvoiceCreated, SubscriptionActivated, SubscriptionPaymentSuccess, Webhook


@pytest.fixture
def duro(sandbox):
    with Duro(**sandbox.options) as duro:
        yield duro


@pytest.fixture
def subscribe(duro):
    """Subscribe a new customer, which three events tell of, or a single one if it begins with a trial."""

    def make(**members):
        plan = duro.plans.create(name="Pro", amount=500_000, interval="month", **members)
        return duro.subscriptions.create(customer_id=duro.customers.create().id, plan_id=plan.id)

    return make


@pytest.fixture
def bodies(monkeypatch):
    """Collect the raw bodies that the adapters have verified, by the ids of their events."""
    verify, seen = Webhook.verify, {}

    def watch(webhook, body, headers):
        event = verify(webhook, body, headers)
        seen[event.id] = bytes(body)
        return event

    monkeypatch.setattr(Webhook, "verify", watch)
    return seen


def outcomes(sandbox):
    return [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]


def test_subscription_is_told_of_in_typed_events_each_once(serve, shop, handler, sandbox, subscribe):
    sandbox.endpoints.add(serve(handler).url)
    subscription = subscribe()
    sandbox.wait_for_deliveries()
    events = [shop.next() for _ in range(3)]
    # No order is promised.
    assert {type(event) for event in events} == {InvoiceCreated, SubscriptionPaymentSuccess, SubscriptionActivated}
    assert {event.id for event in events} == {entry.id for entry in sandbox.events}
    assert {event.subscription_id for event in events} == {subscription.id}
    assert outcomes(sandbox) == [(1, 202)] * 3
    assert shop.handled.empty()


def test_what_was_delivered_are_the_bytes_that_the_api_keeps(serve, shop, sandbox, duro, subscribe, *, bodies):
    sandbox.endpoints.add(serve(shop.plain, answer="after").url)
    subscribe()
    sandbox.wait_for_deliveries()
    for event in (shop.next() for _ in range(3)):
        payload = duro.events.retrieve_payload(event.id)
        assert payload.matches(bodies[event.id])
        assert payload.event.data == event.data
        assert duro.events.retrieve(event.id).dispatched_at - event.created_at < timedelta(minutes=1)


def test_event_whose_handler_fails_comes_again_and_is_handled_once(serve, shop, handler, sandbox, subscribe):
    shop.failures = 1
    sandbox.endpoints.add(serve(handler, answer="after").url)
    subscribe(trial_days=7)
    sandbox.wait_for_deliveries()
    assert outcomes(sandbox) == [(1, 500)]
    assert shop.handled.empty()
    sandbox.clock.advance(minutes=1)
    sandbox.wait_for_deliveries()
    assert outcomes(sandbox) == [(1, 500), (2, 200)]
    assert shop.next().id == sandbox.events[0].id
    assert (shop.handled.qsize(), shop.begun.qsize()) == (0, 2)


def test_event_that_comes_twice_is_handled_once(serve, shop, handler, sandbox, subscribe):
    url = serve(handler, answer="after").url
    for _ in range(2):
        sandbox.endpoints.add(url)
    subscribe(trial_days=7)
    sandbox.wait_for_deliveries()
    # While the first is under way the second gets a 503, and comes again.
    sandbox.clock.advance(minutes=1)
    sandbox.wait_for_deliveries()
    assert sandbox.stats.deliveries == 2
    assert shop.next().id == sandbox.events[0].id
    assert (shop.handled.qsize(), shop.begun.qsize()) == (0, 1)


def test_delivery_signed_with_another_secret_is_refused(serve, shop, sandbox, subscribe):
    sandbox.endpoints.add(serve(shop.plain).url, secret="whsec_of_another")
    subscribe(trial_days=7)
    sandbox.wait_for_deliveries()
    assert outcomes(sandbox) == [(1, 400)]
    assert shop.begun.empty()
