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
from duro.sandbox.deliveries import endpoint_connection
from duro.sandbox.deliveries.due_delivery import DueDelivery
from duro.sandbox.deliveries.endpoint_connection import EndpointConnection
from duro.webhooks import Webhook
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import Receiver, ReceiverResponse

Make = Callable[..., dict[str, Any]]
SECRET = "whsec_sandbox"


def event_ids(receiver: Receiver) -> list[str]:
    return sorted(delivery.event_id for delivery in receiver.received)


class TestRequests:
    def test_every_event_is_delivered_to_every_endpoint_once_and_in_order(
        self, sandbox: Sandbox, start_receiver: Callable[[], Receiver], subscribe: Make
    ) -> None:
        receivers = [start_receiver(), start_receiver()]
        endpoints = [sandbox.endpoints.add(receiver.url) for receiver in receivers]
        subscribe()
        sandbox.wait_for_deliveries()
        expected = [event.id for event in sandbox.events]
        assert [[each.event_id for each in receiver.received] for receiver in receivers] == [expected, expected]
        assert sandbox.stats.deliveries == len(sandbox.deliveries) == 2 * len(expected)
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

    def test_each_attempt_keeps_the_headers_that_it_sent(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.response = ReceiverResponse(500)
        cause_event()
        sandbox.wait_for_deliveries()
        (delivery,), (received,) = sandbox.deliveries, receiver.received
        assert delivery.headers.items() <= {name.title(): value for name, value in received.headers.items()}.items()
        assert Webhook(SECRET).verify(received.body, delivery.headers).id == delivery.event_id
        assert [each.headers for each in sandbox.deliveries.pending] == [{}]

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
        assert (receiver.received, len(sandbox.deliveries), sandbox.deliveries.pending) == ([], 0, ())

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
        assert (delivery.signature, delivery.headers) == (None, {})

    def test_an_unexpected_error_does_not_end_the_worker(
        self,
        sandbox: Sandbox,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr("duro.sandbox.deliveries.endpoint_connection.HttpcoreTransport", None)
            cause_event()
            sandbox.wait_for_deliveries()
        cause_event()
        sandbox.wait_for_deliveries()
        broken, delivered = sandbox.deliveries
        assert (broken.failure, delivered.failure) == ("the sandbox failed; see the log of duro.sandbox", None)
        assert "TypeError" in caplog.text


class TestLimits:
    def test_an_endpoint_receives_one_delivery_at_a_time(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        for _ in range(20):
            cause_event()
        sandbox.wait_for_deliveries()
        assert receiver.max_in_progress == 1
        assert [each.event_id for each in receiver.received] == [event.id for event in sandbox.events]

    def test_a_slow_endpoint_does_not_delay_the_others(
        self, sandbox: Sandbox, start_receiver: Callable[[], Receiver], cause_event: Callable[[], None]
    ) -> None:
        slow, fast = start_receiver(), start_receiver()
        slow.gate.clear()
        for receiver in (slow, fast):
            sandbox.endpoints.add(receiver.url)
        for _ in range(5):
            cause_event()
        arrived = [fast.arrived.get(timeout=TIMEOUT).event_id for _ in range(5)]
        assert arrived == [event.id for event in sandbox.events]
        assert len(slow.received) == 1


@pytest.mark.slow
def test_events_of_concurrent_threads_are_all_delivered(
    sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
) -> None:
    barrier = threading.Barrier(4)

    def cause_events(number: int) -> None:
        barrier.wait(TIMEOUT)
        for _ in range(10):
            cause_event()
            if number == 0:
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

    monkeypatch.setattr(endpoint_connection, "HttpcoreTransport", SlowTransport)
    connection = EndpointConnection()
    event = DueDelivery(
        id=1,
        endpoint_id="we_1",
        url="http://127.0.0.1:1/",
        secret=SECRET,
        event_id="evt_1",
        event_type="invoice_created",
        payload=b"{}",
        attempt=1,
    )

    async def deliver() -> None:
        try:
            await connection.deliver(event)
        finally:
            await connection.aclose()

    task = asyncio.create_task(deliver())
    await sending.wait()
    task.cancel()
    await closing.wait()
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["closed"]
