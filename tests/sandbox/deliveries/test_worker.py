"""Delivery worker: requests, failures and limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from stripe import WebhookSignature

from duro import Duro
from duro.sandbox import Endpoint, Sandbox
from duro.sandbox.deliveries import worker
from duro.sandbox.deliveries.outbox import DueDelivery
from duro.webhooks import Webhook
from tests.support.webhook_receiver import Receiver, ReceiverResponse

Make = Callable[..., dict[str, Any]]
SECRET = "whsec_sandbox"


def event_ids(receiver: Receiver) -> list[str]:
    return sorted(delivery.event_id for delivery in receiver.received)


class TestRequests:
    def test_every_event_is_delivered_to_every_endpoint_once(
        self, sandbox: Sandbox, start_receiver: Callable[[], Receiver], subscribe: Make
    ) -> None:
        receivers = [start_receiver(), start_receiver()]
        endpoints = [sandbox.endpoints.add(receiver.url) for receiver in receivers]
        subscribe()
        sandbox.wait_for_deliveries()
        # The order is not guaranteed.
        expected = sorted(event.id for event in sandbox.events)
        assert len(expected) == 4
        assert [event_ids(receiver) for receiver in receivers] == [expected, expected]
        assert sandbox.stats.deliveries == len(sandbox.deliveries) == 8
        assert {delivery.endpoint_id for delivery in sandbox.deliveries} == {each.id for each in endpoints}

    def test_the_body_has_the_bytes_of_the_payload(
        self, sandbox: Sandbox, api: httpx.Client, receiver: Receiver, endpoint: Endpoint, subscribe: Make
    ) -> None:
        subscribe(name="Adaeze Ọkafọ")
        sandbox.wait_for_deliveries()
        types = {event.id: event.type for event in sandbox.events}
        for delivery in receiver.received:
            assert delivery.path == "/webhooks/duro"
            assert delivery.headers["Content-Type"] == "application/json"
            assert delivery.headers["Duro-Event-Type"] == types.pop(delivery.event_id)
            assert delivery.body == api.get(f"/v1/events/{delivery.event_id}/payload").content
        assert not types

    def test_the_signature_is_accepted_by_webhook_and_by_the_stripe_library(
        self, sandbox: Sandbox, start_receiver: Callable[[], Receiver], subscribe: Make
    ) -> None:
        by_secret = {secret: start_receiver() for secret in (SECRET, "whsec_of_another")}
        for secret, receiver in by_secret.items():
            sandbox.endpoints.add(receiver.url, secret=secret)
        subscribe()
        sandbox.wait_for_deliveries()
        for secret, receiver in by_secret.items():
            for delivery in receiver.received:
                assert Webhook(secret).verify(delivery.body, delivery.headers).id == delivery.event_id
                header = delivery.headers["Duro-Signature"]
                assert WebhookSignature.verify_header(delivery.body.decode(), header, secret, 300)

    def test_the_signature_is_accepted_after_the_clock_was_advanced(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        sandbox.clock.advance(days=30)
        cause_event()
        sandbox.wait_for_deliveries()
        (delivery,) = receiver.received
        assert Webhook(SECRET).check(delivery.body, delivery.headers) == 0

    def test_an_endpoint_does_not_get_events_from_before_it_was_added(
        self, sandbox: Sandbox, receiver: Receiver, cause_event: Callable[[], None]
    ) -> None:
        cause_event()
        sandbox.endpoints.add(receiver.url)
        cause_event()
        sandbox.wait_for_deliveries()
        assert event_ids(receiver) == [sandbox.events[-1].id]

    def test_a_call_that_is_rolled_back_delivers_no_event(
        self,
        sandbox: Sandbox,
        api: httpx.Client,
        receiver: Receiver,
        make_plan: Make,
        *,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        sandbox.endpoints.add(receiver.url)
        body = {"customerId": api.post("/v1/customers").json()["id"], "planId": make_plan()["id"]}

        def fail(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("duro.sandbox.billing.subscriptions.change_status", fail)
        assert api.post("/v1/subscriptions", json=body).status_code == 500
        sandbox.wait_for_deliveries()
        assert (receiver.received, sandbox.deliveries) == ([], ())

    def test_an_event_has_the_time_of_its_first_delivery(
        self, sandbox: Sandbox, receiver: Receiver, closed_port: int, cause_event: Callable[[], None]
    ) -> None:
        with Duro(**sandbox.options) as client:
            sandbox.endpoints.add(f"http://127.0.0.1:{closed_port}")
            cause_event()
            sandbox.wait_for_deliveries()
            assert client.events.retrieve(sandbox.events[0].id).dispatched_at is None
            sandbox.endpoints.add(receiver.url)
            cause_event()
            sandbox.wait_for_deliveries()
            event = client.events.retrieve(sandbox.events[1].id)
        assert event.dispatched_at is not None
        assert event.created_at is not None
        assert timedelta() <= event.dispatched_at - event.created_at < timedelta(minutes=1)


class TestFailures:
    @pytest.mark.parametrize(
        ("response", "status", "failure"),
        [
            (ReceiverResponse(404), 404, "returned status 404"),
            (ReceiverResponse(307, {"Location": "/elsewhere"}), 307, "returned status 307; redirects are not followed"),
            (ReceiverResponse(0), None, "RemoteProtocolError: Server disconnected without sending a response."),
            (ReceiverResponse(200, body=b" " * 1_000_001), None, "the response is larger than 1,000,000 bytes"),
        ],
    )
    def test_a_failed_response_is_logged(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        *,
        response: ReceiverResponse,
        status: int | None,
        failure: str,
    ) -> None:
        receiver.response = response
        cause_event()
        sandbox.wait_for_deliveries()
        (delivery,) = sandbox.deliveries
        assert (delivery.status, delivery.failure) == (status, failure)
        assert [each.path for each in receiver.received] == ["/webhooks/duro"]

    def test_a_refused_connection_is_logged(
        self, sandbox: Sandbox, closed_port: int, cause_event: Callable[[], None]
    ) -> None:
        sandbox.endpoints.add(f"http://127.0.0.1:{closed_port}/webhooks")
        cause_event()
        sandbox.wait_for_deliveries()
        (delivery,) = sandbox.deliveries
        assert delivery.status is None
        assert (delivery.failure or "").startswith("ConnectError")

    def test_a_timeout_is_logged(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("duro.sandbox.deliveries.worker.ATTEMPT_TIMEOUT_SECONDS", 0.05)
        receiver.gate.clear()
        cause_event()
        sandbox.wait_for_deliveries()
        assert [delivery.failure for delivery in sandbox.deliveries] == ["no response within 0.05 s"]

    def test_an_unexpected_error_does_not_end_the_worker(
        self,
        sandbox: Sandbox,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr("duro.sandbox.deliveries.worker.HttpcoreTransport", None)
            cause_event()
            sandbox.wait_for_deliveries()
        cause_event()
        sandbox.wait_for_deliveries()
        broken, delivered = sandbox.deliveries
        assert (broken.failure, delivered.failure) == ("the sandbox failed; see the log of duro.sandbox", None)
        assert "TypeError" in caplog.text


class TestLimits:
    def test_at_most_eight_deliveries_are_in_progress(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.gate.clear()
        for _ in range(20):
            cause_event()
        for _ in range(8):
            receiver.arrived.get(timeout=10)
        receiver.gate.set()
        sandbox.wait_for_deliveries()
        assert (receiver.max_in_progress, len(receiver.received)) == (8, 20)

    def test_the_log_of_attempts_is_bounded(self, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
        monkeypatch.setattr("duro.sandbox.bounded_log.MAX_ENTRIES", 3)
        with Sandbox() as small, Duro(**small.options) as client:
            small.endpoints.add(receiver.url)
            plan = client.plans.create(name="Pro", amount=100, interval="month")
            for _ in range(2):
                client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
            small.wait_for_deliveries()
            assert (len(small.deliveries), small.stats.deliveries) == (3, 8)


def test_events_of_concurrent_threads_are_all_delivered(
    sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
) -> None:
    barrier = threading.Barrier(4)

    def cause_events(_: int) -> None:
        barrier.wait(10)
        for _ in range(10):
            cause_event()
            sandbox.clock.advance(seconds=1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cause_events, range(4)))
    sandbox.wait_for_deliveries()
    assert event_ids(receiver) == sorted(event.id for event in sandbox.events)
    assert len(receiver.received) == 40


@pytest.mark.asyncio
async def test_connection_of_a_delivery_that_is_cancelled_repeatedly_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[str] = []
    sending, closing, gate = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class SlowTransport:
        def __init__(self, *_: object, **__: object) -> None: ...

        async def send(self, _: object) -> None:
            sending.set()
            await asyncio.Event().wait()

        async def aclose(self) -> None:
            closing.set()
            await gate.wait()
            steps.append("closed")

    monkeypatch.setattr(worker, "HttpcoreTransport", SlowTransport)
    event = DueDelivery(
        endpoint_id="we_1",
        url="http://127.0.0.1:1/",
        secret=SECRET,
        event_id="evt_1",
        event_type="invoice_created",
        payload=b"{}",
        attempt=1,
    )
    task = asyncio.create_task(worker._post(event))
    await sending.wait()
    task.cancel()
    await closing.wait()
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["closed"]
