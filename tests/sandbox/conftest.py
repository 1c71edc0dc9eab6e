"""HTTP clients for the sandbox of the run, and functions that create common objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.http import server
from tests.support.timeouts import TIMEOUT
from tests.support.tls import NO_AUTHORITIES

Make: TypeAlias = Callable[..., dict[str, Any]]


@pytest.fixture
def anonymous(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """HTTP client without a credential."""
    with httpx.Client(base_url=sandbox.url, timeout=TIMEOUT, verify=sandbox.ssl_context or NO_AUTHORITIES) as client:
        yield client


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """HTTP client with the secret key."""
    headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
    verify = sandbox.ssl_context or NO_AUTHORITIES
    with httpx.Client(base_url=sandbox.url, headers=headers, timeout=TIMEOUT, verify=verify) as client:
        yield client


@pytest.fixture
def stop_without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``Sandbox.stop`` raise ``RuntimeError`` if it waits for a client or a request, instead of a short wait."""
    monkeypatch.setattr(server, "SHUTDOWN_TIMEOUT_SECONDS", 3600)
    monkeypatch.setattr(server, "STOP_TIMEOUT_SECONDS", TIMEOUT)


@pytest.fixture
def make_plan(api: httpx.Client) -> Make:
    def make(**members: object) -> dict[str, Any]:
        body = {"name": "Pro", "amount": 500_000, "interval": "month", **members}
        return _created(api.post("/v1/plans", json=body))

    return make


@pytest.fixture
def make_customer(api: httpx.Client) -> Make:
    def make(**members: object) -> dict[str, Any]:
        return _created(api.post("/v1/customers", json=members))

    return make


@pytest.fixture
def subscribe(api: httpx.Client, make_plan: Make, make_customer: Make) -> Make:
    """Subscribe a new customer to a new plan with the given members."""

    def make(**members: object) -> dict[str, Any]:
        body = {"customerId": make_customer()["id"], "planId": make_plan(**members)["id"]}
        return _created(api.post("/v1/subscriptions", json=body))

    return make


def _created(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 201, response.text
    result: dict[str, Any] = response.json()
    return result
