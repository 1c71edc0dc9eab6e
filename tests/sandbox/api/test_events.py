"""Events: one for each change, with the bytes that webhooks deliver."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.sandbox import EventEntry, Sandbox

Make = Callable[..., dict[str, Any]]
START = ["subscription_created", "invoice_created", "subscription_payment_success", "subscription_activated"]


def types(sandbox: Sandbox) -> list[str]:
    return [event.type for event in sandbox.events]


def payload(api: httpx.Client, event: EventEntry) -> dict[str, Any]:
    return api.get(f"/v1/events/{event.id}/payload").json()


def test_a_start_emits_one_event_for_each_step(sandbox: Sandbox, subscribe: Make) -> None:
    subscribe()
    assert types(sandbox) == START


def test_a_trial_emits_subscription_created(sandbox: Sandbox, subscribe: Make) -> None:
    subscribe(trialDays=7)
    assert types(sandbox) == ["subscription_created"]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["pause"], ["subscription_paused"]),
        (["pause", "resume"], ["subscription_paused", "subscription_resumed"]),
        (["cancel"], ["subscription_cancelled"]),
        (["pause", "pause"], ["subscription_paused"]),
    ],
)
def test_each_transition_emits_its_event(
    sandbox: Sandbox, api: httpx.Client, subscribe: Make, actions: list[str], expected: list[str]
) -> None:
    subscription = subscribe()
    for action in actions:
        api.post(f"/v1/subscriptions/{subscription['id']}/{action}")
    assert types(sandbox) == START + expected


def test_the_event_of_an_upgrade_contains_the_proration(
    sandbox: Sandbox, api: httpx.Client, subscribe: Make, make_plan: Make
) -> None:
    subscription, larger = subscribe(amount=100), make_plan(amount=200)
    result = api.post(f"/v1/subscriptions/{subscription['id']}/change-plan", json={"planId": larger["id"]}).json()
    assert types(sandbox) == [*START, "invoice_created", "subscription_payment_success", "subscription_plan_changed"]
    data = payload(api, sandbox.events[-1])["data"]
    assert data["plan"] == larger
    assert data["subscription"] == result["subscription"]
    assert (data["previousPlanId"], data["proration"]) == (subscription["planId"], result["proration"])


def test_a_refund_emits_an_event(sandbox: Sandbox, api: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe(amount=100)
    invoice_id = sandbox.ledger[0].invoice_id
    api.post(f"/v1/invoices/{invoice_id}/refund", json={"amount": 40})
    api.post(f"/v1/invoices/{invoice_id}/refund", json={"amount": 61})
    assert types(sandbox) == [*START, "subscription_payment_refunded"]
    data = payload(api, sandbox.events[-1])["data"]
    assert (data["amount"], data["invoice"]["id"], data["subscriptionId"]) == (40, invoice_id, subscription["id"])


def test_a_checkout_emits_its_event_last(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, make_plan: Make
) -> None:
    session = api.post("/v1/checkout/sessions", json={"planId": make_plan()["id"]}).json()
    for _ in range(2):
        result = anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"}).json()
    assert types(sandbox) == [*START, "checkout_completed"]
    data = payload(api, sandbox.events[-1])["data"]
    assert data["checkoutId"] == session["id"]
    assert data["subscription"]["id"] == result["subscriptionId"]
    assert session["token"] not in json.dumps(data)


def test_the_events_of_a_one_off_sale_do_not_contain_a_subscription(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client
) -> None:
    session = api.post("/v1/checkout/sessions", json={"amount": 900}).json()
    anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "ussd"})
    assert types(sandbox) == ["invoice_created", "checkout_completed"]
    assert all("subscription" not in payload(api, event)["data"] for event in sandbox.events)


def test_an_event_and_its_payload_can_be_retrieved(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, make_plan: Make, make_customer: Make
) -> None:
    customer, plan = make_customer(name="Adaeze Ọkafọ"), make_plan()
    subscription = api.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]}).json()
    entry = sandbox.events[-1]
    assert anonymous.get("/_sandbox/events").json()[-1] == {"id": entry.id, "type": entry.type, "at": entry.at}
    event = api.get(f"/v1/events/{entry.id}").json()
    assert event == {
        "id": entry.id,
        "type": "subscription_activated",
        "data": {"subscription": subscription, "customer": customer, "plan": plan},
        "dispatchedAt": None,
        "createdAt": entry.at,
    }
    first = api.get(f"/v1/events/{entry.id}/payload")
    assert first.headers["Content-Type"] == "application/json"
    assert first.json() == {name: event[name] for name in ("id", "type", "createdAt", "data")}
    api.post(f"/v1/subscriptions/{subscription['id']}/cancel")
    assert api.get(f"/v1/events/{entry.id}/payload").content == first.content


@pytest.mark.parametrize("path", ["/v1/events/evt_unknown", "/v1/events/evt_unknown/payload"])
def test_an_unknown_event_is_404(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 404


def test_a_call_that_is_rolled_back_does_not_emit_events(
    sandbox: Sandbox, api: httpx.Client, subscribe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription, customer = subscribe(), api.post("/v1/customers").json()
    before = sandbox.events

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("duro.sandbox.billing.subscriptions.change_status", fail)
    body = {"customerId": customer["id"], "planId": subscription["planId"]}
    assert api.post("/v1/subscriptions", json=body).status_code == 500
    assert sandbox.events == before
