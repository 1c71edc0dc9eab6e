"""Faults of deliveries in a chaos run, and the finding about handlers that repeat a write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from duro import Duro
from duro.sandbox import Sandbox
from duro.testing.chaos.findings import find_effects
from duro.testing.chaos.injection import ChaosFaults, DeliveryFault, RequestFault
from duro.webhooks import Event, Webhook
from duro.webhooks.receiver import BlockingReceiver
from tests.support.webhook_receiver import ReceivedDelivery, Receiver, ReceiverResponse, listening


class Forgetful:
    """Endpoint without an inbox, which creates a customer for each delivery."""

    def __init__(self, client: Duro, key: Callable[[Event], str | None]) -> None:
        self.client, self.key = client, key
        self.webhook = Webhook("whsec_sandbox")

    def serve(self, receiver: Receiver) -> None:
        def respond(delivery: ReceivedDelivery) -> ReceiverResponse:
            receiving = BlockingReceiver(self.webhook, self.create)
            return ReceiverResponse(receiving.receive(delivery.body, delivery.headers)[0].status)

        receiver.handle = respond  # type: ignore[method-assign]

    def create(self, event: Event) -> None:
        key = self.key(event)
        self.client.customers.create(**({} if key is None else {"idempotency_key": key}))


def generate_key(_event: Event) -> str | None:
    """Leave the key to the client."""
    return None


def derive_key_of_event(event: Event) -> str | None:
    """Return the same key for each delivery of an event."""
    return f"order-{event.id}"


@pytest.mark.parametrize(
    ("key", "findings"),
    [(generate_key, 1), (derive_key_of_event, 0)],
    ids=["new-key", "same-key"],
)
def test_a_handler_that_repeats_a_write_for_a_duplicate_is_found(
    sandbox: Sandbox, key: Callable[[Event], str | None], findings: int
) -> None:
    with Duro(**sandbox.options) as client, listening() as receiver:
        Forgetful(client, key).serve(receiver)
        sandbox.endpoints.add(receiver.url, events=["subscription_created"])
        plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
        customer = client.customers.create()
        sandbox.faults.add("duplicate")
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        sandbox.wait_for_deliveries()
        effects = list(find_effects(sandbox, ()))
        assert len(effects) == findings
        assert all(
            each.startswith("handled twice: the handler of subscription_created repeated POST /v1/customers")
            for each in effects
        )
        with pytest.raises(AssertionError) as caught:
            sandbox.assert_delivered("subscription_created", times=3)
    story = str(caught.value)
    assert f"by the handler of {sandbox_event(story)}, attempt 2" in story
    assert "attempt 2  200  fault duplicate" in story


def sandbox_event(story: str) -> str:
    """Return the id of the only event in a story."""
    (line,) = (line for line in story.splitlines() if line.split()[1:2] == ["event"])
    return line.split()[-1]


def test_the_same_seed_selects_the_same_deliveries(sandbox: Sandbox) -> None:
    selections: list[list[bool]] = []
    for seed in ("7", "7", "8"):
        sandbox.faults.clear()
        ChaosFaults(sandbox, seed)
        selections.append([sandbox.faults.applies("duplicate", "invoice_created") for _ in range(100)])
    assert selections[0] == selections[1] != selections[2]
    assert 10 < sum(selections[0]) < 60


def test_faults_apply_to_writes_or_to_deliveries_and_not_to_reads(sandbox: Sandbox) -> None:
    faults = ChaosFaults(sandbox, "7")
    kinds = {fault.kind: type(fault) for fault in sandbox.faults}
    assert [kind for kind, cls in kinds.items() if cls is DeliveryFault] == ["duplicate", "reorder"]
    assert kinds["early"] is RequestFault
    assert sandbox.faults.select("GET", "/v1/plans") is None
    assert faults.times_applied == 0
