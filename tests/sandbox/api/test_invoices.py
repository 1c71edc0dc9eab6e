"""Invoices: refunds in full, in parts, and under concurrency."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from duro.sandbox import Refund, Sandbox
from tests.support.timeouts import TIMEOUT

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def invoice_id(sandbox: Sandbox, subscribe: Make) -> str:
    """Paid invoice of 1,000 kobo."""
    subscribe(amount=1000)
    (charge,) = sandbox.ledger
    return charge.invoice_id


def test_without_a_body_the_whole_invoice_is_refunded(sandbox: Sandbox, api: httpx.Client, invoice_id: str) -> None:
    response = api.post(f"/v1/invoices/{invoice_id}/refund", headers={"Idempotency-Key": "back"})
    assert response.status_code == 200
    assert response.json() == {"invoiceId": invoice_id, "refunded": 1000, "status": "refunded"}
    (charge,) = sandbox.ledger
    (refund,) = sandbox.refunds
    assert refund == Refund(
        invoice_id=invoice_id,
        customer_id=charge.customer_id,
        amount=1000,
        reason=None,
        idempotency_key="back",
        at=refund.at,
    )
    assert api.get(f"/v1/invoices/{invoice_id}").json()["status"] == "paid"


def test_the_control_routes_list_refunds(anonymous: httpx.Client, api: httpx.Client, invoice_id: str) -> None:
    api.post(f"/v1/invoices/{invoice_id}/refund", json={"amount": 1, "reason": "a gesture"})
    (refund,) = anonymous.get("/_sandbox/refunds").json()
    assert (refund["invoiceId"], refund["amount"], refund["reason"]) == (invoice_id, 1, "a gesture")
    assert refund["idempotencyKey"] is None


def test_partial_refunds_end_at_the_amount_of_the_invoice(sandbox: Sandbox, api: httpx.Client, invoice_id: str) -> None:
    path = f"/v1/invoices/{invoice_id}/refund"
    first, second = (api.post(path, json={"amount": amount}).json() for amount in (300, 200))
    assert (first["refunded"], first["status"]) == (300, "partially_refunded")
    assert (second["refunded"], second["status"]) == (200, "partially_refunded")
    too_much = api.post(path, json={"amount": 501})
    assert too_much.status_code == 422
    (detail,) = too_much.json()["error"]["details"]
    assert detail["path"] == "amount"
    assert "500" in detail["issue"]
    assert api.post(path).json() == {"invoiceId": invoice_id, "refunded": 500, "status": "refunded"}
    for body in ({}, {"amount": 1}):
        assert api.post(path, json=body).status_code == 409
    assert [refund.amount for refund in sandbox.refunds] == [300, 200, 500]
    assert len(sandbox.ledger) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "body", [{"amount": 0}, {"amount": -1}, {"amount": "1"}, {"amount": None}, {"reason": ""}, {"reason": 7}]
)
def test_an_invalid_refund_is_refused(
    sandbox: Sandbox, api: httpx.Client, invoice_id: str, body: dict[str, object]
) -> None:
    assert api.post(f"/v1/invoices/{invoice_id}/refund", json=body).status_code == 422
    assert sandbox.refunds == ()


def test_an_unknown_invoice_is_404(api: httpx.Client) -> None:
    assert api.post("/v1/invoices/inv_unknown/refund").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("status", ["draft", "open", "uncollectible", "void"])
def test_only_a_paid_invoice_is_refunded(sandbox: Sandbox, api: httpx.Client, invoice_id: str, status: str) -> None:
    with sandbox._require().backend.store.transaction() as db:
        db.execute("UPDATE invoices SET status = ?", (status,))
    response = api.post(f"/v1/invoices/{invoice_id}/refund")
    assert response.status_code == 409
    assert status in response.json()["error"]["message"]
    assert sandbox.refunds == ()


def test_concurrent_refunds_with_one_key_refund_once(sandbox: Sandbox, api: httpx.Client, invoice_id: str) -> None:
    clients = 8
    barrier = Barrier(clients)

    def call(_: int) -> httpx.Response:
        headers = {**api.headers, "Idempotency-Key": "once"}
        with httpx.Client(base_url=sandbox.url, headers=headers) as client:
            barrier.wait(TIMEOUT)
            return client.post(f"/v1/invoices/{invoice_id}/refund", json={"amount": 100})

    with ThreadPoolExecutor(clients) as threads:
        responses = {(response.status_code, response.content) for response in threads.map(call, range(clients))}
    assert len(responses) == 1
    assert [(refund.amount, refund.idempotency_key) for refund in sandbox.refunds] == [(100, "once")]
