"""``duro webhooks listen``: forwarding, printing, the end of the command, and errors."""

from __future__ import annotations

import json
import signal

import httpx
import pytest

from duro import Duro
from duro.cli import listen
from duro.cli.delivery_receiver import ForwardedDelivery, receive_deliveries
from duro.cli.listen import format_delivery
from duro.sandbox import Sandbox
from duro.webhooks import Webhook
from tests.support.webhook_receiver import ReceiverResponse, listening


@pytest.fixture
def served():
    """A sandbox and a function that causes one event."""
    with Sandbox() as sandbox, Duro(**sandbox.options) as client:
        plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)

        def cause_event():
            client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)

        yield sandbox, cause_event


@pytest.mark.process
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_deliveries_are_forwarded_and_printed_until_a_signal(start_duro, served, stop):
    sandbox, cause_event = served
    with (
        listening() as application,
        start_duro(
            "webhooks", "listen", "--json", "--sandbox", sandbox.url, "--forward-to", application.url
        ) as process,
    ):
        start = json.loads(process.stdout.readline())
        assert start == {"sandbox": sandbox.url, "forwardTo": application.url, "webhookSecret": "whsec_sandbox"}
        application.response = ReceiverResponse(503)
        cause_event()
        failed = json.loads(process.stdout.readline())
        sandbox.wait_for_deliveries()
        application.response = ReceiverResponse(200)
        sandbox.clock.advance(minutes=1)
        delivered = json.loads(process.stdout.readline())
        assert [each["status"] for each in (failed, delivered)] == [503, 200]
        assert {each["eventId"] for each in (failed, delivered)} == {sandbox.events[0].id}
        assert [delivery.status for delivery in sandbox.deliveries] == [503, 200]
        for delivery in application.received:
            assert Webhook("whsec_sandbox").check(delivery.body, delivery.headers) == 0
        process.send_signal(stop)
        process.communicate(timeout=20)
        assert process.returncode == 0
        assert list(sandbox.endpoints) == []


@pytest.mark.process
def test_an_application_that_does_not_respond_is_a_failed_delivery(start_duro, served):
    sandbox, cause_event = served
    with start_duro(
        "webhooks",
        "listen",
        "--sandbox",
        sandbox.url,
        "--forward-to",
        "http://127.0.0.1:9/",
        "--event",
        "invoice_created",
    ) as process:
        lines = [process.stdout.readline() for _ in range(7)]
        assert lines[0] == "Forwarding deliveries to http://127.0.0.1:9/\n"
        assert [each.events for each in sandbox.endpoints] == [("invoice_created",)]
        cause_event()
        sandbox.clock.advance(days=8)
        line = process.stdout.readline()
        assert "  ---  invoice_created " in line
        assert "ConnectionRefusedError" in line
        assert sandbox.deliveries[0].status == 502


@pytest.mark.parametrize(
    ("arguments", "code", "advice"),
    [
        (["--sandbox", "http://127.0.0.1:9"], 1, "start it with: duro sandbox"),
        (["--sandbox", "https://shop.example"], 2, "--sandbox must be on this machine"),
        (["--forward-to", "http://shop.example/"], 2, "--forward-to must be an https:// URL"),
    ],
)
def test_an_unusable_address_is_one_line(run_in_process, arguments, code, advice):
    finished = run_in_process("webhooks", "listen", *arguments)
    assert finished.returncode == code
    (line,) = finished.stderr.splitlines()
    assert advice in line


def test_an_unknown_event_type_is_wrong_usage(run_in_process, served):
    sandbox, _ = served
    finished = run_in_process("webhooks", "listen", "--sandbox", sandbox.url, "--event", "invoice_craeted")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "got invoice_craeted" in finished.stderr
    assert list(sandbox.endpoints) == []


def test_without_a_target_each_delivery_is_acknowledged():
    seen = []
    with receive_deliveries(None, seen.append) as url:
        response = httpx.post(url, content=b"{}", headers={"Duro-Event-Id": "evt_1", "Duro-Event-Type": "x"})
    assert response.status_code == 200
    assert [(each.event_id, each.status, each.failure) for each in seen] == [("evt_1", 200, None)]


def test_a_line_shows_the_outcome_and_no_control_characters():
    delivery = ForwardedDelivery(
        "evt_1\x1b[2J", "invoice_created", None, "ConnectionRefusedError: whsec_needle", 0.0123
    )
    line = format_delivery(delivery, "09:00:00", color=True)
    assert line.startswith("09:00:00  \x1b[31m---\x1b[0m  invoice_created ")
    assert "evt_1?[2J  12.3 ms  ConnectionRefusedError: whsec_" in line
    assert "needle" not in line


def test_an_application_that_refuses_connections_is_a_bad_gateway(closed_port):
    seen = []
    with receive_deliveries(f"http://127.0.0.1:{closed_port}", seen.append) as url:
        assert httpx.post(url, content=b"{}").status_code == 502
    assert seen[0].failure.startswith("ConnectionRefusedError")


def test_deliveries_are_printed_as_lines_or_as_json(capsys):
    delivery = ForwardedDelivery("evt_1", "invoice_created", None, "no response", 0.25)
    listen._print_line(delivery)
    assert "evt_1" in capsys.readouterr().out
    listen._print_as_json(delivery)
    assert json.loads(capsys.readouterr().out) == {
        "eventId": "evt_1",
        "eventType": "invoice_created",
        "status": None,
        "failure": "no response",
        "elapsedMs": 250.0,
    }
    listen._print_start("http://127.0.0.1:8787", None, as_json=False)
    assert capsys.readouterr().out.startswith("Printing deliveries")
