"""Looking into a sandbox and steering it, over HTTP and in the process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from duro.sandbox import Charge, RequestEntry, Sandbox, Stats

Make = Callable[..., dict[str, Any]]
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


def test_stats_count_what_reached_the_api(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, subscribe: Make
) -> None:
    nothing = {"token_exchanges": 0, "requests": 0, "charges": 0, "deliveries": 0}
    assert anonymous.get("/_sandbox/stats").json() == nothing
    anonymous.post("/v1/oauth/token", json=CREDENTIALS)
    anonymous.post("/v1/oauth/token", json={})
    anonymous.get("/v1/oauth/token")
    subscribe()
    api.get("/v1/plans", headers={"Authorization": "Bearer nonsense"})
    # Two exchanges and the lost GET, the three posts of a subscription, and the refused read.
    assert anonymous.get("/_sandbox/stats").json() == nothing | {"token_exchanges": 2, "requests": 7, "charges": 1}
    assert sandbox.stats == Stats(token_exchanges=2, requests=7, charges=1, deliveries=0)


def test_requests_are_listed_newest_last(sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client) -> None:
    answer = api.post("/v1/customers?page=2", headers={"Idempotency-Key": "the key"})
    anonymous.get("/v1/plans")
    first, second = anonymous.get("/_sandbox/requests").json()
    assert first == {
        "method": "POST",
        "path": "/v1/customers",
        "status": 201,
        "idempotencyKey": "the key",
        "requestId": answer.headers["X-Request-Id"],
        "at": first["at"],
    }
    assert datetime.now(UTC) - datetime.fromisoformat(first["at"]) < timedelta(minutes=1)
    assert (second["status"], second["idempotencyKey"]) == (401, None)
    assert sandbox.requests[0] == RequestEntry(
        method="POST",
        path="/v1/customers",
        status=201,
        idempotency_key="the key",
        request_id=first["requestId"],
        at=first["at"],
    )


def test_the_request_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duro.sandbox.http.request_log.LONGEST", 3)
    with Sandbox() as small, httpx.Client(base_url=small.url) as client:
        for number in range(5):
            client.get(f"/v1/{number}")
        assert [entry.path for entry in small.requests] == ["/v1/2", "/v1/3", "/v1/4"]
        assert small.stats.requests == 5


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
        "amount": 1200,
        "status": "succeeded",
        "idempotencyKey": "first",
        "at": subscription["createdAt"],
    }
    assert second["idempotencyKey"] is None
    assert sandbox.ledger[0] == Charge(
        invoice_id=first["invoiceId"],
        customer_id=customer["id"],
        amount=1200,
        status="succeeded",
        idempotency_key="first",
        at=first["at"],
    )


def test_the_clock_can_be_advanced(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    answer = anonymous.post("/_sandbox/clock", json={"advance": 86_400.5}).json()
    now = datetime.fromisoformat(answer["now"])
    assert timedelta() <= sandbox.clock.now() - now < timedelta(minutes=1)
    assert now - datetime.now(UTC) > timedelta(hours=23)


@pytest.mark.parametrize("body", [{}, {"advance": -1}, {"advance": True}, {"advance": "1"}, {"advance": 1e18}])
def test_a_clock_that_cannot_go_there_says_so(anonymous: httpx.Client, body: dict[str, object]) -> None:
    response = anonymous.post("/_sandbox/clock", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == "advance"


def test_tokens_can_be_revoked(anonymous: httpx.Client) -> None:
    tokens = [anonymous.post("/v1/oauth/token", json=CREDENTIALS).json()["access_token"] for _ in range(3)]
    revoke = "/_sandbox/tokens/revoke"
    assert anonymous.post(revoke, json={"token": tokens[0]}).json() == {"revoked": 1}
    assert anonymous.post(revoke, json={"token": "nonsense"}).json() == {"revoked": 0}
    assert anonymous.post(revoke).json() == {"revoked": 2}
    for token in tokens:
        assert anonymous.get("/v1/plans", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("way", ["http", "process"])
def test_a_reset_leaves_nothing(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, subscribe: Make, way: str
) -> None:
    subscribe()
    api.post(f"/v1/invoices/{sandbox.ledger[0].invoice_id}/refund")
    anonymous.post("/identity/otp", json={"phone": "2348012345678"})
    token = anonymous.post("/v1/oauth/token", json=CREDENTIALS).json()["access_token"]
    api.post("/v1/plans", json={}, headers={"Idempotency-Key": "used"})
    sandbox.clock.advance(days=30)
    if way == "http":
        answer = anonymous.post("/_sandbox/reset")
        assert answer.json() == {"token_exchanges": 0, "requests": 0, "charges": 0, "deliveries": 0}
    else:
        sandbox.reset()
    assert sandbox.stats == Stats(0, 0, 0, 0)
    assert (sandbox.requests, sandbox.ledger) == ((), ())
    assert (sandbox.refunds, sandbox.events, sandbox.codes) == ((), (), ())
    assert sandbox.clock.now() - datetime.now(UTC) < timedelta(minutes=1)
    assert api.get("/v1/customers").json()["items"] == []
    assert anonymous.get("/v1/plans", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert api.post("/v1/customers", headers={"Idempotency-Key": "used"}).status_code == 201
