"""Faults of deliveries: duplicates, reordered deliveries, and deliveries before the response of the API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import Endpoint, Faults, Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import Receiver, ReceiverResponse, listening

Make = Callable[..., dict[str, Any]]


def received_types(receiver: Receiver) -> list[str]:
    return [delivery.headers["Duro-Event-Type"] for delivery in receiver.received]


def faults_of(sandbox: Sandbox) -> list[tuple[str, int, str | None]]:
    return [(delivery.event_type, delivery.attempt, delivery.fault) for delivery in sandbox.deliveries]


@pytest.fixture
def types(sandbox: Sandbox, subscribe: Make) -> list[str]:
    """Types of the events of a paid start, in their order. They are not delivered, for lack of an endpoint."""
    subscribe()
    return [event.type for event in sandbox.events]


class TestDuplicate:
    def test_a_delivery_is_made_once_more_with_the_same_id(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        fault = sandbox.faults.add("duplicate", event="subscription_created")
        for _ in range(2):
            cause_event()
        sandbox.wait_for_deliveries()
        first, second = [event.id for event in sandbox.events]
        assert sorted(each.event_id for each in receiver.received) == sorted([first, first, second])
        assert [each for each in faults_of(sandbox) if each[2]] == [("subscription_created", 2, "duplicate")]
        assert fault.times_applied == 1

    def test_without_a_limit_each_delivery_is_made_twice(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        sandbox.faults.add("duplicate", times=None)
        cause_event()
        sandbox.wait_for_deliveries()
        assert len(receiver.received) == 2
        assert sandbox.deliveries.pending == ()

    def test_a_failed_delivery_is_retried_and_not_duplicated(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.response = ReceiverResponse(500)
        fault = sandbox.faults.add("duplicate", times=None)
        cause_event()
        sandbox.wait_for_deliveries()
        assert (len(receiver.received), fault.times_applied) == (1, 0)


class TestReorder:
    def test_a_delivery_is_made_after_the_next_one(
        self, types: list[str], sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, subscribe: Make
    ) -> None:
        first, second, *others = types
        sandbox.faults.add("reorder", event=first)
        subscribe()
        sandbox.wait_for_deliveries()
        assert received_types(receiver) == [second, first, *others]
        assert faults_of(sandbox)[:2] == [(second, 1, None), (first, 1, "reorder")]

    def test_each_endpoint_has_an_order_of_its_own(
        self, types: list[str], sandbox: Sandbox, start_receiver: Callable[[], Receiver], subscribe: Make
    ) -> None:
        first, second, third, *others = types
        receivers = [start_receiver(), start_receiver()]
        for receiver in receivers:
            sandbox.endpoints.add(receiver.url)
        sandbox.faults.add("reorder", event=second, times=1)
        subscribe()
        sandbox.wait_for_deliveries()
        orders = [received_types(receiver) for receiver in receivers]
        assert sorted(orders) == sorted([types, [first, third, second, *others]])

    def test_a_single_delivery_is_made_and_does_not_use_up_the_fault(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        fault = sandbox.faults.add("reorder")
        cause_event()
        sandbox.wait_for_deliveries()
        assert (len(receiver.received), fault.times_applied) == (1, 0)


class TestEarly:
    @pytest.mark.slow
    def test_the_endpoint_receives_the_event_before_the_caller_receives_the_response(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, subscribe: Make
    ) -> None:
        fault = sandbox.faults.add("early", method="POST", path="/v1/subscriptions")
        # Without the fault, the response would not wait for the endpoint.
        receiver.gate.clear()
        returned = threading.Event()

        def call() -> None:
            subscribe()
            returned.set()

        thread = threading.Thread(target=call)
        thread.start()
        receiver.arrived.get(timeout=TIMEOUT)
        assert not returned.is_set()
        receiver.gate.set()
        thread.join(TIMEOUT)
        assert returned.is_set()
        assert [each.event_id for each in receiver.received] == [event.id for event in sandbox.events]
        assert {each[2] for each in faults_of(sandbox)} == {"early"}
        assert fault.times_applied == 1

    def test_the_handler_of_an_endpoint_may_cause_an_early_delivery_to_itself(
        self, sandbox: Sandbox, api: httpx.Client, make_plan: Make
    ) -> None:
        plan = make_plan(trialDays=7)
        responses: list[int] = []
        with listening() as receiver:
            handle = receiver.handle

            def cancel_first(delivery: Any) -> ReceiverResponse:
                if delivery.headers["Duro-Event-Type"] == "subscription_created":
                    identifier = delivery.body.decode().split('"sub_')[1].split('"')[0]
                    response = api.post(f"/v1/subscriptions/sub_{identifier}/cancel", json={"atPeriodEnd": False})
                    responses.append(response.status_code)
                return handle(delivery)

            receiver.handle = cancel_first  # type: ignore[method-assign]
            sandbox.endpoints.add(receiver.url)
            sandbox.faults.add("early", path="/v1/subscriptions/{id}/cancel")
            customer = api.post("/v1/customers").json()
            api.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]})
            sandbox.wait_for_deliveries()
            assert received_types(receiver) == ["subscription_cancelled", "subscription_created"]
        assert responses == [200]

    def test_a_failed_early_delivery_is_retried(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.response = ReceiverResponse(500)
        sandbox.faults.add("early")
        sandbox.faults.add("early", times=None)
        cause_event()
        assert [delivery.state for delivery in sandbox.deliveries] == ["failed"]
        receiver.response = ReceiverResponse(200)
        sandbox.clock.advance(minutes=1)
        sandbox.wait_for_deliveries()
        assert [delivery.state for delivery in sandbox.deliveries] == ["failed", "delivered"]


class TestSelection:
    def test_a_fault_of_deliveries_does_not_apply_to_requests(self) -> None:
        faults = Faults()
        faults.add("duplicate")
        assert faults.select("POST", "/v1/plans") is None
        assert not faults.applies("reorder", "invoice_created")
        assert faults.applies("duplicate", "invoice_created")

    def test_a_probability_selects_a_share_and_the_same_seed_repeats_it(self) -> None:
        selections: list[list[bool]] = []
        for seed in (7, 7, 8):
            faults = Faults(seed)
            fault = faults.add("delay", seconds=1, times=None, probability=0.3)
            selections.append([faults.select("GET", "/v1/plans") is not None for _ in range(1000)])
            assert (fault.times_matched, fault.times_applied) == (1000, sum(selections[-1]))
        assert selections[0] == selections[1] != selections[2]
        assert 250 < sum(selections[0]) < 350

    @pytest.mark.parametrize(
        ("arguments", "advice"),
        [
            ({"kind": "duplicate", "method": "POST"}, "method: does not belong to duplicate"),
            ({"kind": "reorder", "path": "/v1/plans"}, "path: does not belong to reorder"),
            ({"kind": "early", "event": "invoice_created"}, "event: does not belong to early"),
            ({"kind": "duplicate", "event": "invoice_craeted"}, "event: expected event type"),
            ({"kind": "early", "probability": 0}, "probability: expected number above 0 and up to 1"),
            ({"kind": "early", "probability": 1.5}, "probability: expected number above 0 and up to 1"),
            ({"kind": "early", "probability": True}, "probability: expected number above 0 and up to 1"),
        ],
    )
    def test_an_invalid_fault_is_refused(self, arguments: dict[str, Any], advice: str) -> None:
        with pytest.raises(InvalidArgumentError, match=advice):
            Faults().add(**arguments)
