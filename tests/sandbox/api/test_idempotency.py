"""Idempotency: a repeated key returns the first response without a second effect."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.api.idempotency import find, save
from duro.sandbox.api.responses import ApiResponse
from duro.sandbox.storage.database import Database
from tests.support.timeouts import TIMEOUT

KEY = {"Idempotency-Key": "4f0c2c0e-1d5e-4f1a-9a55-6f2f6c1f7f11"}
PLAN = {"name": "Pro", "amount": 500_000, "interval": "month"}


def number_of_plans(api: httpx.Client) -> int:
    return len(api.get("/v1/plans").json()["items"])


def test_a_repeat_gets_the_first_response_byte_for_byte(api: httpx.Client) -> None:
    first = api.post("/v1/plans", json=PLAN, headers=KEY)
    second = api.post("/v1/plans", json=PLAN, headers=KEY)
    assert (second.status_code, second.content) == (first.status_code, first.content) == (201, first.content)
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert number_of_plans(api) == 1


def test_another_body_under_the_same_key_replays_too(api: httpx.Client) -> None:
    first = api.post("/v1/plans", json=PLAN, headers=KEY)
    second = api.post("/v1/plans", json=PLAN | {"name": "Basic"}, headers=KEY)
    assert second.content == first.content
    assert number_of_plans(api) == 1


def test_the_scope_of_a_key_is_the_tenant_not_the_operation(api: httpx.Client) -> None:
    first = api.post("/v1/plans", json=PLAN, headers=KEY)
    second = api.post("/v1/customers", json={}, headers=KEY)
    assert second.content == first.content


def test_without_a_key_each_call_runs(api: httpx.Client) -> None:
    api.post("/v1/plans", json=PLAN)
    api.post("/v1/plans", json=PLAN, headers={"Idempotency-Key": ""})
    assert number_of_plans(api) == 2


def test_a_key_expires_after_a_day(sandbox: Sandbox, api: httpx.Client) -> None:
    first = api.post("/v1/plans", json=PLAN, headers=KEY)
    sandbox.clock.advance(hours=23, minutes=59)
    assert api.post("/v1/plans", json=PLAN, headers=KEY).content == first.content
    sandbox.clock.advance(minutes=1)
    assert api.post("/v1/plans", json=PLAN, headers=KEY).content != first.content
    assert number_of_plans(api) == 2


def test_an_error_is_replayed_after_its_cause_is_gone(
    api: httpx.Client, make_customer: Callable[..., dict[str, Any]]
) -> None:
    first = api.get("/v1/customers/ref/EXT-001")
    assert first.status_code == 404
    make_customer(merchantRef="EXT-001")
    refused = api.post("/v1/customers", json={"merchantRef": "EXT-001"}, headers=KEY)
    assert refused.status_code == 409
    again = api.post("/v1/customers", json={"merchantRef": "EXT-002"}, headers=KEY)
    assert (again.status_code, again.content) == (409, refused.content)


def test_a_call_without_a_valid_credential_does_not_use_its_key(sandbox: Sandbox, api: httpx.Client) -> None:
    refused = httpx.post(f"{sandbox.url}/v1/plans", json=PLAN, headers=KEY | {"Authorization": "Bearer nonsense"})
    assert refused.status_code == 401
    assert api.post("/v1/plans", json=PLAN, headers=KEY).status_code == 201


@pytest.mark.parametrize(("status", "kept"), [(200, True), (422, True), (401, False), (429, False), (503, False)])
def test_transient_errors_are_not_stored(sandbox: Sandbox, status: int, kept: bool) -> None:
    store, now = Database(), sandbox.clock.now()
    response = ApiResponse.of({}, status)
    with store.transaction() as db:
        save(db, "key", response, now)
        assert find(db, "key", now) == (response if kept else None)
    store.close()


def test_reads_ignore_the_key(api: httpx.Client) -> None:
    before = api.get("/v1/plans", headers=KEY)
    api.post("/v1/plans", json=PLAN)
    assert api.get("/v1/plans", headers=KEY).content != before.content


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PATCH", "", {"name": "Renamed"}), ("DELETE", "", None)],
)
def test_every_kind_of_mutation_replays(
    api: httpx.Client, make_plan: Callable[..., dict[str, Any]], method: str, path: str, body: object
) -> None:
    address = f"/v1/plans/{make_plan()['id']}{path}"
    first = api.request(method, address, json=body, headers=KEY)
    api.patch(address, json={"name": "Changed in between"})
    assert api.request(method, address, json=body, headers=KEY).content == first.content


def test_a_transition_happens_once_per_key(api: httpx.Client, subscribe: Callable[..., dict[str, Any]]) -> None:
    address = f"/v1/subscriptions/{subscribe()['id']}/pause"
    responses = [api.post(address, headers=KEY) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 200]
    assert api.post(address).status_code == 409


def test_concurrent_calls_with_one_key_charge_once(
    sandbox: Sandbox,
    api: httpx.Client,
    make_plan: Callable[..., dict[str, Any]],
    make_customer: Callable[..., dict[str, Any]],
) -> None:
    body = {"customerId": make_customer()["id"], "planId": make_plan()["id"]}
    clients = 12
    barrier = Barrier(clients)

    def call(_: int) -> httpx.Response:
        with httpx.Client(base_url=sandbox.url, headers=api.headers) as client:
            barrier.wait(TIMEOUT)
            return client.post("/v1/subscriptions", json=body, headers=KEY)

    with ThreadPoolExecutor(clients) as threads:
        responses = list(threads.map(call, range(clients)))
    assert {(response.status_code, response.content) for response in responses} == {(201, responses[0].content)}
    assert [charge.idempotency_key for charge in sandbox.ledger] == [KEY["Idempotency-Key"]]


def test_a_key_has_at_most_255_characters(api: httpx.Client) -> None:
    assert api.post("/v1/plans", json=PLAN, headers={"Idempotency-Key": "k" * 255}).status_code == 201
    assert api.post("/v1/plans", json=PLAN, headers={"Idempotency-Key": "k" * 256}).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("/identity/otp", {"phone": "2348012345678"}, {"phone": "2348087654321"}),
        ("/portal/email/start", {"email": "ada@example.com"}, {"email": "eve@example.com"}),
    ],
)
def test_another_body_replays_on_public_surfaces_too(
    sandbox: Sandbox, anonymous: httpx.Client, path: str, body: dict[str, str], other: dict[str, str]
) -> None:
    first = anonymous.post(path, json=body, headers=KEY)
    second = anonymous.post(path, json=other, headers=KEY)
    assert (second.status_code, second.content) == (200, first.content)
    assert [code.recipient for code in sandbox.codes] == list(body.values())
