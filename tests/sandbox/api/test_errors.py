"""Errors: all of them have the shape of the contract."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/plans/", 404, "not_found"),
        ("GET", "/_sandbox/nothing", 404, "not_found"),
        ("PUT", "/v1/plans", 405, "method_not_allowed"),
        ("GET", "/v1/oauth/token", 405, "method_not_allowed"),
        ("GET", "/_sandbox/reset", 405, "method_not_allowed"),
    ],
)
def test_an_unknown_path_or_method_is_refused(
    api: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    response = api.request(method, path)
    assert response.status_code == status
    error = response.json()["error"]
    assert error.keys() == {"code", "message"}
    assert error["code"] == code


def test_the_error_of_a_wrong_method_lists_the_valid_ones(api: httpx.Client) -> None:
    allowed = api.put("/v1/plans").headers["Allow"]
    assert {"GET", "POST"} <= set(re.split(r",\s*", allowed))


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b'{"amount": NaN}', b'{"amount": 1}}', b"\xff\xfe\xfd", b"[" * 100_000, b"1" * 5000],
)
def test_a_body_that_is_not_json_is_400(api: httpx.Client, body: bytes) -> None:
    response = api.post("/v1/plans", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"7"])
def test_a_body_that_is_not_an_object_is_422(api: httpx.Client, body: bytes) -> None:
    response = api.post("/v1/plans", content=body)
    assert response.status_code == 422
    assert response.json()["error"]["details"] == [{"path": "", "issue": "expected object"}]


def test_every_response_has_its_own_request_id(api: httpx.Client) -> None:
    paths = ["/v1/plans", "/v1/plans?limit=0", "/nothing", "/_sandbox/stats", "/_sandbox/"]
    ids = [api.get(path).headers["X-Request-Id"] for path in paths]
    assert all(re.fullmatch(r"req_[0-9A-HJKMNP-TV-Z]{26}", identifier) for identifier in ids)
    assert len(set(ids)) == len(paths)


def test_an_internal_error_of_the_control_routes_has_the_same_shape(
    anonymous: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("duro.sandbox.backend.Backend.reset", fail)
        response = anonymous.post("/_sandbox/reset")
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"


def test_an_exception_is_an_internal_error_and_is_rolled_back(
    sandbox: Sandbox,
    api: httpx.Client,
    subscribe: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    subscription = subscribe()
    customer = api.post("/v1/customers").json()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the card processor failed")

    body = {"customerId": customer["id"], "planId": subscription["planId"]}
    key = {"Idempotency-Key": "once"}
    with monkeypatch.context() as patch:
        patch.setattr("duro.sandbox.billing.subscriptions.charge_period", fail)
        response = api.post("/v1/subscriptions", json=body, headers=key)
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert "the card processor failed" in caplog.text
    assert response.headers["X-Request-Id"] == sandbox.requests[-1].request_id
    assert api.get(f"/v1/customers/{customer['id']}/subscriptions").json()["items"] == []
    # A 500 is not stored, so that the same key runs the operation now.
    assert api.post("/v1/subscriptions", json=body, headers=key).status_code == 201
