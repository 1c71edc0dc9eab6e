"""Publishable key: creates checkout sessions, and nothing else."""

from __future__ import annotations

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.api.operations import OPERATIONS
from duro.sandbox.auth.audience import Audience

PATH = "/v1/checkout/sessions"
MERCHANT_OPERATIONS = [operation for operation in OPERATIONS if operation.audience is Audience.MERCHANT]


def with_key(key: str = "pk_test_sandbox") -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_publishable_key_creates_a_checkout_session(anonymous: httpx.Client) -> None:
    response = anonymous.post(PATH, json={"amount": 500}, headers=with_key())
    assert response.status_code == 201
    assert anonymous.get(f"/checkout/{response.json()['token']}").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), [(operation.method, operation.path) for operation in MERCHANT_OPERATIONS])
def test_the_publishable_key_does_nothing_else(
    sandbox: Sandbox, anonymous: httpx.Client, method: str, path: str
) -> None:
    response = anonymous.request(method, path, headers=with_key(), json={} if method != "GET" else None)
    assert response.status_code == 403
    assert "publishable key" in response.json()["error"]["message"]
    assert sandbox.events == ()


def test_an_unknown_publishable_key_is_refused(anonymous: httpx.Client) -> None:
    assert anonymous.post(PATH, json={"amount": 500}, headers=with_key("pk_test_unknown")).status_code == 401


def test_a_web_page_does_not_get_the_stored_response_of_the_merchant(
    anonymous: httpx.Client, api: httpx.Client
) -> None:
    key = {"Idempotency-Key": "one"}
    first = api.post(PATH, json={"amount": 500}, headers=key)
    second = anonymous.post(PATH, json={"amount": 500}, headers=with_key() | key)
    assert second.json()["id"] != first.json()["id"]
    assert anonymous.post(PATH, json={"amount": 9}, headers=with_key() | key).content == second.content
