"""Request log: entries, counts and the bound."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from attrs import evolve

from duro.sandbox import FaultKind, RequestEntry, Sandbox, Stats
from duro.sandbox.request_log import QUERY_PARAMETERS
from tests.support.contract.openapi import CONTRACT

Make = Callable[..., dict[str, Any]]
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


def test_stats_count_every_api_request(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, subscribe: Make
) -> None:
    zero = {"token_exchanges": 0, "requests": 0, "charges": 0, "deliveries": 0}
    assert anonymous.get("/_sandbox/stats").json() == zero
    anonymous.post("/v1/oauth/token", json=CREDENTIALS)
    anonymous.post("/v1/oauth/token", json={})
    anonymous.get("/v1/oauth/token")
    subscribe()
    api.get("/v1/plans", headers={"Authorization": "Bearer unknown"})
    # Two exchanges and a GET with the wrong method, three POSTs for a subscription, and a rejected read.
    assert anonymous.get("/_sandbox/stats").json() == zero | {"token_exchanges": 2, "requests": 7, "charges": 1}
    assert sandbox.stats == Stats(token_exchanges=2, requests=7, charges=1, deliveries=0)


def test_requests_are_listed_newest_last(sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client) -> None:
    response = api.post("/v1/customers?page=2", headers={"Idempotency-Key": "the key"})
    anonymous.get("/v1/plans")
    first, second = anonymous.get("/_sandbox/requests").json()
    assert first == {
        "method": "POST",
        "path": "/v1/customers",
        "status": 201,
        "idempotencyKey": "the key",
        "requestId": response.headers["X-Request-Id"],
        "at": first["at"],
        "fault": None,
        "deliveryId": None,
        "eventIds": [],
        "mode": "test",
        "query": "page=…",
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
        query="page=…",
    )


@pytest.mark.parametrize(
    ("query", "logged"),
    [
        ("", ""),
        ("limit=2&cursor=cus_01%2B", "limit=2&cursor=cus_01%2B"),
        ("limit=2&limit=3", "limit=2&limit=3"),
        ("token=precious&limit=2", "token=…&limit=2"),
        ("code=123456", "code=…"),
        ("to%6ben=precious", "…"),
        ("cursor=sk_test_precious", "cursor=…"),
        ("cursor=sk%5Ftest%5Fprecious", "cursor=…"),
        ("precious", "…"),
        ("cHJlY2lvdXM=", "…"),
        ("csec_test_precious=1", "…"),
        ("x=1&&y=2", "x=…&…&y=…"),
        ("a=b;token=precious", "a=…"),
    ],
)
def test_query_is_logged_without_tokens_and_codes(query: str, logged: str) -> None:
    entry = RequestEntry("GET", "/v1/plans", 200, None, "req_1", "2026-06-28T09:00:00.000Z", query=query)
    assert entry.query == logged
    assert evolve(entry).query == logged


def test_values_of_all_query_parameters_of_the_contract_are_logged() -> None:
    parameters = CONTRACT["components"]["parameters"].values()
    assert {parameter["name"] for parameter in parameters if parameter["in"] == "query"} == QUERY_PARAMETERS
    assert str(CONTRACT["paths"]).count("'in': 'query'") == 0


def test_query_of_a_request_is_in_its_entry_without_its_token(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client
) -> None:
    link = sandbox.portal_link(api.post("/v1/customers", json={"email": "ada@example.com"}).json()["id"])
    api.get("/v1/plans?limit=2&cursor=plan_1")
    api.get("/v1/plans", params={"token": link.token})
    api.get("/v1/plans?\u2026=\u00e9")
    assert [entry.query for entry in sandbox.requests[-3:]] == ["limit=2&cursor=plan_1", "token=…", "…"]
    assert link.token not in anonymous.get("/_sandbox/requests").text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("status", 503),
        ("delay", 201),
        ("reset_before", None),
        ("reset_after", 201),
        ("truncate", 201),
        ("garbage", 201),
        ("drip", 201),
    ],
)
def test_the_applied_fault_is_named(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, kind: FaultKind, status: int | None
) -> None:
    options: dict[str, Any] = {"status": {"status": 503}, "delay": {"seconds": 0}}.get(kind, {})
    sandbox.faults.add(kind, **options)
    with suppress(httpx.TransportError):
        api.post("/v1/customers")
    api.post("/v1/customers")
    entries = anonymous.get("/_sandbox/requests").json()
    assert [(entry["status"], entry["fault"]) for entry in entries] == [(status, kind), (201, None)]
    assert [entry.fault for entry in sandbox.requests] == [kind, None]
    assert f">{kind}</span>" in anonymous.get("/_sandbox/dashboard/requests").text


def test_the_request_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duro.sandbox.bounded_log.MAX_ENTRIES", 3)
    with Sandbox() as small, httpx.Client(base_url=small.url) as client:
        for number in range(5):
            client.get(f"/v1/{number}")
        assert [entry.path for entry in small.requests] == ["/v1/2", "/v1/3", "/v1/4"]
        assert small.stats.requests == 5


def test_contents_of_requests_are_kept_out_of_the_list_and_of_the_repr(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client
) -> None:
    response = api.post("/v1/customers", json={"name": "a secret name"})
    exchange = sandbox._require().backend.request_log.find_exchange(response.headers["X-Request-Id"])
    assert exchange is not None
    assert exchange.request_body == b'{"name":"a secret name"}'
    assert exchange.response_body == response.content
    assert "authorization" not in exchange.request_headers
    assert "a secret name" not in repr(exchange)
    assert "a secret name" not in anonymous.get("/_sandbox/requests").text
    sandbox.reset()
    assert sandbox._require().backend.request_log.find_exchange(response.headers["X-Request-Id"]) is None


def test_contents_of_control_requests_are_not_kept(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    response = anonymous.get("/_sandbox/stats")
    assert sandbox._require().backend.request_log.find_exchange(response.headers["X-Request-Id"]) is None
