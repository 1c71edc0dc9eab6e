"""Plan changes: an upgrade is charged, a downgrade leaves a credit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox

Make = Callable[..., dict[str, Any]]


def credit_of(sandbox: Sandbox, subscription_id: str) -> int:
    with sandbox._require().backend.store.transaction() as db:
        (credit,) = db.execute("SELECT credit FROM subscriptions WHERE id = ?", (subscription_id,)).fetchone()
    return credit


def test_an_upgrade_is_charged_now(sandbox: Sandbox, api: httpx.Client, subscribe: Make, make_plan: Make) -> None:
    subscription = subscribe(amount=3000, interval="day", intervalCount=30)
    larger = make_plan(amount=6000, interval="day", intervalCount=30)
    sandbox.clock.advance(days=15)
    response = api.post(
        f"/v1/subscriptions/{subscription['id']}/change-plan",
        json={"planId": larger["id"]},
        headers={"Idempotency-Key": "upgrade"},
    )
    assert response.status_code == 200
    assert response.json() == {
        "subscription": subscription | {"planId": larger["id"]},
        "proration": {"amount": 1500, "kind": "charge"},
    }
    first, second = sandbox.ledger
    assert (first.amount, second.amount, second.idempotency_key) == (3000, 1500, "upgrade")
    invoice = api.get(f"/v1/invoices/{second.invoice_id}").json()
    assert (invoice["status"], invoice["amount"]) == ("paid", 1500)
    assert invoice["periodEnd"] == subscription["currentPeriodEnd"]
    assert invoice["periodStart"] > subscription["currentPeriodStart"]


def test_a_downgrade_leaves_a_credit(sandbox: Sandbox, api: httpx.Client, subscribe: Make, make_plan: Make) -> None:
    subscription = subscribe(amount=3000, interval="day", intervalCount=30)
    path = f"/v1/subscriptions/{subscription['id']}/change-plan"
    for amount, expected in ((2000, 1000), (500, 1500)):
        plan = make_plan(amount=amount, interval="day", intervalCount=30)
        result = api.post(path, json={"planId": plan["id"]}).json()
        assert result["proration"] == {"amount": expected, "kind": "credit"}
    assert credit_of(sandbox, subscription["id"]) == 2500
    assert len(sandbox.ledger) == 1


def test_a_change_to_the_same_plan_has_no_effect(sandbox: Sandbox, api: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe()
    before = sandbox.events
    path = f"/v1/subscriptions/{subscription['id']}/change-plan"
    result = api.post(path, json={"planId": subscription["planId"]}).json()
    assert result == {"subscription": subscription, "proration": {"amount": 0, "kind": "none"}}
    assert sandbox.events == before


def test_a_trial_changes_its_plan_without_a_charge(
    sandbox: Sandbox, api: httpx.Client, subscribe: Make, make_plan: Make
) -> None:
    subscription, larger = subscribe(trialDays=14), make_plan(amount=10**9)
    result = api.post(f"/v1/subscriptions/{subscription['id']}/change-plan", json={"planId": larger["id"]}).json()
    assert result["proration"] == {"amount": 0, "kind": "none"}
    assert result["subscription"] == subscription | {"planId": larger["id"]}
    assert sandbox.ledger == ()


@pytest.mark.parametrize("action", ["pause", "cancel"])
def test_only_a_subscription_that_renews_can_change_its_plan(
    api: httpx.Client, subscribe: Make, make_plan: Make, action: str
) -> None:
    subscription = subscribe()
    api.post(f"/v1/subscriptions/{subscription['id']}/{action}")
    path = f"/v1/subscriptions/{subscription['id']}/change-plan"
    assert api.post(path, json={"planId": make_plan()["id"]}).status_code == 409


def test_an_unavailable_plan_is_refused(sandbox: Sandbox, api: httpx.Client, subscribe: Make, make_plan: Make) -> None:
    path = f"/v1/subscriptions/{subscribe(amount=100)['id']}/change-plan"
    archived, foreign = make_plan(), make_plan(currency="USD")
    huge = make_plan(amount=2**53 - 1, interval="hour")
    api.delete(f"/v1/plans/{archived['id']}")
    for plan in (archived, foreign, huge):
        assert api.post(path, json={"planId": plan["id"]}).status_code == 409
    assert api.post(path, json={"planId": "plan_unknown"}).status_code == 404
    assert api.post("/v1/subscriptions/sub_unknown/change-plan", json={"planId": foreign["id"]}).status_code == 404
    assert api.post(path, json={}).status_code == 422
    assert len(sandbox.ledger) == 1
