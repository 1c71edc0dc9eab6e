"""Handlers of deliveries that call a method which waits for deliveries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from duro.sandbox import Sandbox
from duro.webhooks import Event, MemoryInbox, Webhook
from duro.webhooks.receiver import BlockingReceiver
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
