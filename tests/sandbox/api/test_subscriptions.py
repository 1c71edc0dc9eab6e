"""Subscriptions: start, charge, pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox

Make = Callable[..., dict[str, Any]]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_without_a_trial_the_first_period_is_charged_now(sandbox: Sandbox, subscribe: Make) -> None:
    subscription = subscribe(amount=500_000, interval="week", intervalCount=2)
    assert subscription.keys() == {
        "id", "status", "planId", "currentPeriodStart", "currentPeriodEnd", "cyclesCompleted", "createdAt"
    }  # fmt: skip
    assert subscription["id"].startswith("sub_")
    assert subscription["status"] == "active"
    assert subscription["cyclesCompleted"] == 1
    period = moment(subscription["currentPeriodEnd"]) - moment(subscription["currentPeriodStart"])
    assert period == timedelta(weeks=2)
    assert [(charge.amount, charge.status) for charge in sandbox.ledger] == [(500_000, "succeeded")]


def test_a_trial_is_not_charged(sandbox: Sandbox, subscribe: Make) -> None:
    subscription = subscribe(trialDays=14)
    assert subscription["status"] == "trialing"
    assert subscription["cyclesCompleted"] == 0
    period = moment(subscription["currentPeriodEnd"]) - moment(subscription["currentPeriodStart"])
    assert period == timedelta(days=14)
    assert sandbox.ledger == ()


def test_the_invoice_and_its_transaction_can_be_retrieved(sandbox: Sandbox, api: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe(amount=900, currency="USD")
    (charge,) = sandbox.ledger
    invoice = api.get(f"/v1/invoices/{charge.invoice_id}").json()
    (attempt,) = invoice.pop("attempts")
    assert invoice == {
        "id": charge.invoice_id,
        "subscriptionId": subscription["id"],
        "amount": 900,
        "currency": "USD",
        "status": "paid",
        "periodStart": subscription["currentPeriodStart"],
        "periodEnd": subscription["currentPeriodEnd"],
        "paidAt": subscription["createdAt"],
        "createdAt": subscription["createdAt"],
    }
    assert attempt["invoiceId"] == charge.invoice_id
    assert (attempt["status"], attempt["rail"], attempt["failureCode"]) == ("succeeded", "card", None)
    assert api.get(f"/v1/transactions/{attempt['id']}").json() == attempt


@pytest.mark.parametrize("path", ["/v1/invoices/inv_unknown", "/v1/transactions/txn_unknown"])
def test_an_unknown_invoice_or_transaction_is_404(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 404


def test_pause_and_resume_keep_the_period(api: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe()
    path = f"/v1/subscriptions/{subscription['id']}"
    assert api.post(f"{path}/pause").json() == subscription | {"status": "paused"}
    assert api.post(f"{path}/resume").json() == subscription


def test_a_canceled_subscription_allows_no_further_action(api: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe()
    path = f"/v1/subscriptions/{subscription['id']}"
    assert api.post(f"{path}/cancel").json() == subscription | {"status": "canceled"}
    for action in ("cancel", "pause", "resume"):
        assert api.post(f"{path}/{action}").status_code == 409


def test_cancel_at_period_end_keeps_the_status(api: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe()
    path = f"/v1/subscriptions/{subscription['id']}/cancel"
    assert api.post(path, json={"atPeriodEnd": True}).json() == subscription
    assert api.post(path, json={"atPeriodEnd": False}).json()["status"] == "canceled"
    assert api.post(path, json={"atPeriodEnd": True}).status_code == 409


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trial", "actions"),
    [(0, ["resume"]), (0, ["pause", "pause"]), (0, ["pause", "resume", "resume"]), (7, ["pause"]), (7, ["resume"])],
)
def test_a_forbidden_transition_is_409(api: httpx.Client, subscribe: Make, trial: int, actions: list[str]) -> None:
    path = f"/v1/subscriptions/{subscribe(trialDays=trial)['id']}"
    *before, last = [api.post(f"{path}/{action}") for action in actions]
    assert all(response.status_code == 200 for response in before)
    assert last.status_code == 409
    assert last.json()["error"]["code"] == "conflict"


@pytest.mark.parametrize("action", ["cancel", "pause", "resume"])
def test_an_unknown_subscription_is_404(api: httpx.Client, action: str) -> None:
    assert api.post(f"/v1/subscriptions/sub_unknown/{action}").status_code == 404


def test_a_blacklisted_customer_cannot_subscribe(
    sandbox: Sandbox, api: httpx.Client, make_plan: Make, make_customer: Make
) -> None:
    plan, customer = make_plan(), make_customer()
    api.post(f"/v1/customers/{customer['id']}/blacklist")
    response = api.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden"
    assert sandbox.ledger == ()


def test_an_archived_plan_keeps_its_subscriptions_and_refuses_new_ones(
    api: httpx.Client, make_customer: Make, subscribe: Make
) -> None:
    subscription = subscribe()
    api.delete(f"/v1/plans/{subscription['planId']}")
    body = {"customerId": make_customer()["id"], "planId": subscription["planId"]}
    assert api.post("/v1/subscriptions", json=body).status_code == 409
    assert api.post(f"/v1/subscriptions/{subscription['id']}/pause").status_code == 200


def test_an_unknown_customer_or_plan_is_404(api: httpx.Client, make_plan: Make, make_customer: Make) -> None:
    plan, customer = make_plan()["id"], make_customer()["id"]
    for body in ({"customerId": "cus_no", "planId": plan}, {"customerId": customer, "planId": "plan_no"}):
        assert api.post("/v1/subscriptions", json=body).status_code == 404


def test_ids_are_required(api: httpx.Client) -> None:
    error = api.post("/v1/subscriptions", json={}).json()["error"]
    assert [detail["path"] for detail in error["details"]] == ["customerId", "planId"]


def test_a_flag_is_a_boolean(api: httpx.Client, subscribe: Make) -> None:
    path = f"/v1/subscriptions/{subscribe()['id']}/cancel"
    for value in ("true", 1, None):
        assert api.post(path, json={"atPeriodEnd": value}).status_code == 422


def test_the_payment_method_must_belong_to_the_customer(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, make_plan: Make
) -> None:
    plan = make_plan()
    for name in ("ada", "eve"):
        session = api.post("/v1/checkout/sessions", json={"amount": 1, "customerEmail": f"{name}@example.com"}).json()
        anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"})
    eve, ada = api.get("/v1/customers").json()["items"]
    with sandbox._require().backend.store.transaction() as db:
        cards = {row["customer_id"]: row["id"] for row in db.execute("SELECT customer_id, id FROM cards")}
    statuses = [
        api.post(
            "/v1/subscriptions", json={"customerId": ada["id"], "planId": plan["id"], "paymentMethodId": identifier}
        ).status_code
        for identifier in ("card_unknown", cards[eve["id"]], cards[ada["id"]])
    ]
    assert statuses == [404, 404, 201]
