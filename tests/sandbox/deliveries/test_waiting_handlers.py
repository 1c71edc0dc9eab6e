"""Handlers of deliveries that call a method which waits for deliveries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.deliveries import calling_thread
from duro.webhooks import Event, MemoryInbox, Webhook
from duro.webhooks.receiver import BlockingReceiver
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import ReceivedDelivery, Receiver, ReceiverResponse

WAITS: dict[str, Callable[[Sandbox], object]] = {
    "advance": lambda sandbox: sandbox.clock.advance(days=1),
    "wait_for_deliveries": lambda sandbox: sandbox.wait_for_deliveries(),
}


def receive_with(receiver: Receiver, handle: Callable[[Event], object]) -> None:
    """Pass the deliveries of an endpoint to a handler that acknowledges late."""
    receiving = BlockingReceiver(Webhook("whsec_sandbox"), handle, inbox=MemoryInbox(), acknowledge="late")

    def respond(delivery: ReceivedDelivery) -> ReceiverResponse:
        return ReceiverResponse(receiving.receive(delivery.body, delivery.headers)[0].status)

    receiver.handle = respond  # type: ignore[method-assign]


@pytest.mark.parametrize("method", WAITS)
def test_a_handler_that_would_wait_for_its_own_delivery_gets_an_error_at_once(
    sandbox: Sandbox, receiver: Receiver, cause_event: Callable[[], None], method: str
) -> None:
    errors: list[str] = []

    def handle(_event: Event) -> None:
        with pytest.raises(RuntimeError) as caught:
            WAITS[method](sandbox)
        errors.append(str(caught.value))

    receive_with(receiver, handle)
    sandbox.endpoints.add(receiver.url)
    cause_event()
    sandbox.wait_for_deliveries()
    assert [error.partition(",")[0] for error in errors] == [f"{method} must not be called by a webhook handler"]
    assert [delivery.status for delivery in sandbox.deliveries] == [200]
    sandbox.clock.advance(seconds=1)


@pytest.mark.parametrize("way", ["HTTP", "Python"])
def test_an_advance_by_a_plain_handler_fails_before_its_delivery_does(
    sandbox: Sandbox,
    receiver: Receiver,
    cause_event: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    monkeypatch.setattr(calling_thread, "MAX_HANDLER_SECONDS", 0.05)
    start, messages = sandbox.clock.now(), list[str]()

    def advance() -> str:
        if way == "HTTP":
            response = advance_over_http(sandbox)
            assert response.status_code == 409
            return str(response.json()["error"]["message"])
        with pytest.raises(RuntimeError) as caught:
            sandbox.clock.advance(days=1)
        return str(caught.value)

    def handle(_delivery: ReceivedDelivery) -> ReceiverResponse:
        messages.append(advance())
        return ReceiverResponse()

    receiver.handle = handle  # type: ignore[method-assign]
    sandbox.endpoints.add(receiver.url)
    cause_event()
    sandbox.wait_for_deliveries()
    assert len(messages) == 1
    assert "because the handler of a delivery has not returned" in messages[0]
    assert [delivery.status for delivery in sandbox.deliveries] == [200]
    assert sandbox.clock.now() - start < timedelta(minutes=1)


def test_a_plain_handler_advances_the_clock_if_the_deliveries_wait(
    sandbox: Sandbox, receiver: Receiver, cause_event: Callable[[], None]
) -> None:
    statuses: list[int] = []

    def handle(_delivery: ReceivedDelivery) -> ReceiverResponse:
        statuses.append(advance_over_http(sandbox, deliver=False).status_code)
        return ReceiverResponse()

    receiver.handle = handle  # type: ignore[method-assign]
    sandbox.endpoints.add(receiver.url)
    cause_event()
    sandbox.wait_for_deliveries()
    assert statuses == [200]
    assert [delivery.status for delivery in sandbox.deliveries] == [200]


def test_an_advance_waits_for_a_delivery_in_progress_that_ends(
    sandbox: Sandbox, receiver: Receiver, cause_event: Callable[[], None]
) -> None:
    receiver.gate.clear()
    sandbox.endpoints.add(receiver.url)
    cause_event()
    receiver.arrived.get(timeout=TIMEOUT)
    threading.Timer(0.05, receiver.gate.set).start()
    sandbox.clock.advance(seconds=1)
    assert [delivery.status for delivery in sandbox.deliveries] == [200]


def advance_over_http(sandbox: Sandbox, **members: object) -> httpx.Response:
    return httpx.post(f"{sandbox.url}/_sandbox/clock", json={"advance": 60, **members}, timeout=TIMEOUT)
