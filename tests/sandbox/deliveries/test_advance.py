"""Deliveries inside an advance of the clock: all attempts of its span, in order of time, before it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from duro import Duro
from duro.sandbox import Sandbox
from duro.webhooks import Webhook
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import ReceivedDelivery, Receiver, ReceiverResponse

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
WAITS = [timedelta(**wait) for wait in ({"minutes": 1}, {"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 6})]


@pytest.fixture
def frozen() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=START, seed=7) as sandbox:
        yield sandbox


def subscribe(sandbox: Sandbox, trial_days: int = 0) -> str:
    with Duro(**sandbox.options) as client:
        plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=trial_days)
        return client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id).id


def respond(receiver: Receiver, function: Callable[[ReceivedDelivery], None]) -> None:
    """Call a function of each delivery before the response."""
    handle = receiver.handle

    def handle_and_call(delivery: ReceivedDelivery) -> ReceiverResponse:
        function(delivery)
        return handle(delivery)

    receiver.handle = handle_and_call  # type: ignore[method-assign]


def test_all_seven_attempts_are_made_in_one_advance_at_their_times(frozen: Sandbox, receiver: Receiver) -> None:
    receiver.response = ReceiverResponse(500)
    frozen.endpoints.add(receiver.url)
    subscribe(frozen, trial_days=14)
    frozen.wait_for_deliveries()
    result = frozen.clock.advance(days=3)
    times = [datetime.fromisoformat(delivery.at or "") for delivery in frozen.deliveries]
    assert [after - before for before, after in pairwise(times)] == [*WAITS, timedelta(hours=24)]
    assert [delivery.attempt for delivery in frozen.deliveries] == list(range(1, 8))
    assert (len(receiver.received), result.deliveries, frozen.deliveries.pending) == (7, 0, ())


def test_retries_and_events_of_a_span_are_delivered_in_order_of_time(frozen: Sandbox, receiver: Receiver) -> None:
    frozen.endpoints.add(receiver.url)
    subscribe(frozen)
    frozen.wait_for_deliveries()
    before = len(receiver.received)
    result = frozen.clock.advance(days=95)
    assert (result.deliveries, result.events) == (len(receiver.received) - before,) * 2
    assert result.events >= 6
    assert [each.event_id for each in receiver.received] == [event.id for event in frozen.events]
    at = [delivery.at for delivery in frozen.deliveries]
    assert at == [event.at for event in frozen.events]


def test_the_signature_has_the_real_time(frozen: Sandbox, receiver: Receiver) -> None:
    frozen.endpoints.add(receiver.url)
    subscribe(frozen)
    frozen.clock.advance(days=95)
    for delivery in receiver.received:
        assert Webhook("whsec_sandbox").check(delivery.body, delivery.headers) == 0


def test_the_handler_may_call_the_api_and_sees_the_time_of_the_step(frozen: Sandbox, receiver: Receiver) -> None:
    seen: list[tuple[str, str]] = []
    headers = {"Authorization": f"Bearer {frozen.secret_key}"}
    subscription = ""

    def cancel(delivery: ReceivedDelivery) -> None:
        if delivery.headers["Duro-Event-Type"] == "invoice_created" and subscription:
            with httpx.Client(base_url=frozen.url, headers=headers) as api:
                now = api.get("/_sandbox/clock").json()["now"]
                seen.append((now, str(api.post(f"/v1/subscriptions/{subscription}/cancel", json={}).status_code)))

    respond(receiver, cancel)
    frozen.endpoints.add(receiver.url)
    identifier = subscribe(frozen)
    frozen.wait_for_deliveries()
    subscription = identifier
    frozen.clock.advance(days=200)
    # Cancelled at the first renewal, so that there is no second one.
    assert seen == [("2026-02-28T09:00:00.000Z", "200")]
    assert len(frozen.ledger) == 2
    assert frozen.events[-1].type == "subscription_cancelled"
    assert [each.event_id for each in receiver.received] == [event.id for event in frozen.events]


def test_an_advance_within_a_handler_is_refused_with_the_reason(frozen: Sandbox, receiver: Receiver) -> None:
    responses: list[httpx.Response] = []
    respond(
        receiver,
        lambda _: responses.append(httpx.post(f"{frozen.url}/_sandbox/clock", json={"advance": 60})),
    )
    subscribe(frozen)
    frozen.endpoints.add(receiver.url)
    frozen.clock.advance(days=40)
    assert {response.status_code for response in responses} == {409}
    assert "a webhook handler runs within the advance that delivers to it" in responses[0].text


def test_without_delivering_the_deliveries_stay_pending_until_the_next_wait(
    frozen: Sandbox, receiver: Receiver
) -> None:
    frozen.endpoints.add(receiver.url)
    subscribe(frozen)
    frozen.wait_for_deliveries()
    before = len(receiver.received)
    result = frozen.clock.advance(days=40, deliver=False)
    assert (result.deliveries, len(receiver.received)) == (0, before)
    assert [each.event_id for each in frozen.deliveries.pending] == [event.id for event in frozen.events][before:]
    frozen.wait_for_deliveries()
    assert [each.event_id for each in receiver.received] == [event.id for event in frozen.events]
    assert frozen.deliveries.pending == ()


def test_without_delivering_the_next_advance_delivers(frozen: Sandbox, receiver: Receiver) -> None:
    frozen.endpoints.add(receiver.url)
    subscribe(frozen)
    frozen.clock.advance(days=40, deliver=False)
    result = frozen.clock.advance(seconds=1)
    assert result.deliveries > 0
    assert frozen.deliveries.pending == ()


def test_a_slow_endpoint_does_not_delay_the_others_within_a_step(
    frozen: Sandbox, start_receiver: Callable[[], Receiver]
) -> None:
    slow, fast = start_receiver(), start_receiver()
    for receiver in (slow, fast):
        frozen.endpoints.add(receiver.url)
    slow.gate.clear()
    subscribe(frozen)
    with ThreadPoolExecutor(1) as pool:
        advance = pool.submit(frozen.clock.advance, days=1)
        expected = [event.id for event in frozen.events]
        assert [fast.arrived.get(timeout=TIMEOUT).event_id for _ in expected] == expected
        assert not advance.done()
        slow.gate.set()
        advance.result(timeout=TIMEOUT)
    assert [each.event_id for each in slow.received] == expected


def test_a_stop_of_the_sandbox_ends_the_advance(receiver: Receiver) -> None:
    receiver.gate.clear()
    with ThreadPoolExecutor(1) as pool, Sandbox(clock="frozen") as sandbox:
        sandbox.endpoints.add(receiver.url)
        subscribe(sandbox, trial_days=7)
        receiver.arrived.get(timeout=TIMEOUT)
        advance = pool.submit(sandbox.clock.advance, days=1)
        sandbox.stop()
        with pytest.raises(Exception, match=r"stopped|closed"):
            advance.result(timeout=TIMEOUT)
