"""Tests of an application that reacts to a recovered payment: ``pytest test_webhooks.py``."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from duro import Customer, Duro, Plan
from duro.sandbox import Sandbox
from duro.webhooks import Event, Webhook
from duro.webhooks.adapters.flask import webhook_view


def make_application(recovered: list[str]) -> Flask:
    """Create the application under test, which notes each recovered subscription."""
    application = Flask("shop")

    @application.post("/webhooks/duro")
    @webhook_view(Webhook("whsec_sandbox"))
    def receive_event(event: Event) -> None:
        if event.type == "subscription_recovered":
            recovered.append(event.id)

    return application


@pytest.fixture
def recovered(sandbox: Sandbox) -> Iterator[list[str]]:
    """Serve an application that receives the events of the sandbox, and return what it notes."""
    notes: list[str] = []
    server = make_server("127.0.0.1", 0, make_application(notes), threaded=True)
    threading.Thread(target=server.serve_forever).start()
    sandbox.endpoints.add(f"http://127.0.0.1:{server.server_port}/webhooks/duro")
    yield notes
    sandbox.endpoints.clear()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def failed_renewal(sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan) -> None:
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    sandbox.cards.decline(customer.id, "insufficient_funds")
    sandbox.clock.advance(until="subscription_past_due")


def test_application_hears_of_a_recovery_once(sandbox: Sandbox, recovered: list[str]) -> None:
    sandbox.clock.advance(until="subscription_recovered")
    sandbox.assert_delivered("subscription_recovered")
    assert len(recovered) == 1


def test_repeated_delivery_is_handled_once(sandbox: Sandbox, recovered: list[str]) -> None:
    sandbox.faults.add("duplicate", event="subscription_recovered")
    sandbox.clock.advance(until="subscription_recovered")
    sandbox.assert_delivered("subscription_recovered", times=2)
    assert len(recovered) == 1
