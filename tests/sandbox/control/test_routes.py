"""Control routes, and the same actions in the process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from duro.sandbox import Charge, Sandbox, Stats

Make = Callable[..., dict[str, Any]]
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


def test_the_ledger_lists_every_charge(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, make_plan: Make, make_customer: Make
) -> None:
    plan, customer = make_plan(amount=1200), make_customer()
    body = {"customerId": customer["id"], "planId": plan["id"]}
    subscription = api.post("/v1/subscriptions", json=body, headers={"Idempotency-Key": "first"}).json()
    api.post("/v1/subscriptions", json=body)
    first, second = anonymous.get("/_sandbox/ledger").json()
    assert first == {
        "invoiceId": first["invoiceId"],
        "customerId": customer["id"],
        "subscriptionId": subscription["id"],
        "amount": 1200,
        "status": "succeeded",
        "failureCode": None,
        "attempt": 1,
        "rail": "card",
        "idempotencyKey": "first",
        "at": subscription["createdAt"],
    }
    assert second["idempotencyKey"] is None
    assert sandbox.ledger[0] == Charge(
        invoice_id=first["invoiceId"],
        customer_id=customer["id"],
        subscription_id=subscription["id"],
        amount=1200,
        status="succeeded",
        failure_code=None,
        attempt=1,
        rail="card",
        idempotency_key="first",
        at=first["at"],
    )


def test_the_clock_can_be_advanced(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    response = anonymous.post("/_sandbox/clock", json={"advance": 86_400.5}).json()
    now = datetime.fromisoformat(response["now"])
    assert timedelta() <= sandbox.clock.now() - now < timedelta(minutes=1)
    assert now - datetime.now(UTC) > timedelta(hours=23)


@pytest.mark.slow
@pytest.mark.parametrize("body", [{}, {"advance": -1}, {"advance": True}, {"advance": "1"}, {"advance": 1e18}])
def test_an_invalid_advance_is_rejected(anonymous: httpx.Client, body: dict[str, object]) -> None:
    response = anonymous.post("/_sandbox/clock", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == "advance"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body", "unknown", "allowed"),
    [
        ("clock", {"advance": 1, "unit": "days"}, "unit", "advance"),
        ("tokens/revoke", {"tokn": "at_test_1"}, "tokn", "token"),
        ("endpoints", {"url": "http://127.0.0.1:9/", "Secret": "whsec_1"}, "Secret", "secret, url"),
        (
            "endpoints",
            {"url": "http://127.0.0.1:9/", "sk_test_4eC39HqLyjWDarjtT1": 1},
            "sk_test_…",
            "secret, url",
        ),
        ("endpoints", {"url": "http://127.0.0.1:9/", "\ud800" + "x" * 99: 1}, "?" + "x" * 49, "secret, url"),
        ("faults", {"kind": "garbage", "match": {"pth": "/"}}, "match.pth", "match.path"),
        ("reset", {"seed": 1}, "seed", "an empty object"),
    ],
)
def test_an_unknown_member_is_named_and_nothing_happens(
    sandbox: Sandbox, api: httpx.Client, *, path: str, body: object, unknown: str, allowed: str
) -> None:
    token = httpx.post(f"{sandbox.url}/v1/oauth/token", json=CREDENTIALS).json()["access_token"]
    api.post("/v1/customers")
    now = sandbox.clock.now()
    response = api.post(f"/_sandbox/{path}", content=json.dumps(body))
    assert response.status_code == 422
    (detail,) = response.json()["error"]["details"]
    assert detail["path"] == unknown
    assert detail["issue"].startswith("unknown member; expected ")
    assert allowed in detail["issue"]
    assert sandbox.clock.now() - now < timedelta(minutes=1)
    assert (len(sandbox.endpoints), len(sandbox.faults)) == (0, 0)
    customers = api.get("/v1/customers", headers={"Authorization": f"Bearer {token}"}).json()
    assert len(customers["items"]) == 1


def test_few_of_many_unknown_members_are_named(anonymous: httpx.Client) -> None:
    response = anonymous.post("/_sandbox/reset", json=dict.fromkeys(map(str, range(5_000)), 1))
    assert [detail["path"] for detail in response.json()["error"]["details"]] == [str(number) for number in range(10)]


def test_tokens_can_be_revoked(anonymous: httpx.Client) -> None:
    tokens = [anonymous.post("/v1/oauth/token", json=CREDENTIALS).json()["access_token"] for _ in range(3)]
    revoke = "/_sandbox/tokens/revoke"
    assert anonymous.post(revoke, json={"token": tokens[0]}).json() == {"revoked": 1}
    assert anonymous.post(revoke, json={"token": "unknown"}).json() == {"revoked": 0}
    assert anonymous.post(revoke).json() == {"revoked": 2}
    for token in tokens:
        assert anonymous.get("/v1/plans", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize("way", ["http", "process"])
def test_a_reset_deletes_everything(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, subscribe: Make, way: str
) -> None:
    subscribe()
    api.post(f"/v1/invoices/{sandbox.ledger[0].invoice_id}/refund")
    anonymous.post("/identity/otp", json={"phone": "2348012345678"})
    token = anonymous.post("/v1/oauth/token", json=CREDENTIALS).json()["access_token"]
    api.post("/v1/plans", json={}, headers={"Idempotency-Key": "used"})
    sandbox.clock.advance(days=30)
    if way == "http":
        response = anonymous.post("/_sandbox/reset")
        assert response.json() == {"token_exchanges": 0, "requests": 0, "charges": 0, "deliveries": 0}
    else:
        sandbox.reset()
    assert sandbox.stats == Stats(0, 0, 0, 0)
    assert (sandbox.requests, sandbox.ledger) == ((), ())
    assert (sandbox.refunds, sandbox.events, sandbox.codes) == ((), (), ())
    assert sandbox.clock.now() - datetime.now(UTC) < timedelta(minutes=1)
    assert api.get("/v1/customers").json()["items"] == []
    assert anonymous.get("/v1/plans", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert api.post("/v1/customers", headers={"Idempotency-Key": "used"}).status_code == 201
