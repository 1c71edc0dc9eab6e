"""Example application for FastAPI, served by uvicorn on loopback."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.timeouts import TIMEOUT

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SERVE = """
import socket, sys
import uvicorn

sys.path.insert(0, sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0), backlog=200)
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config("fastapi_app:app", log_level="warning")).run(sockets=[listener])
"""
CONCURRENT_REQUESTS = 100

pytestmark = pytest.mark.process


@pytest.fixture
def server(run_program, sandbox_environment, monkeypatch):
    monkeypatch.setenv("DURO_WEBHOOK_SECRET", "whsec_sandbox")
    return run_program(SERVE, EXAMPLES, options=("-W", "error"))


@pytest.fixture
def app(server):
    """HTTP client of the application."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.read_line()}", timeout=TIMEOUT) as client:
        yield client


@pytest.fixture
def plan(sandbox_environment):
    """Plan of the sandbox, created without a token exchange."""
    with httpx.Client(base_url=sandbox_environment.url, headers={"Authorization": "Bearer sk_test_sandbox"}) as client:
        body = {"name": "Pro", "amount": 500_000, "interval": "month"}
        return client.post("/v1/plans", json=body, headers={"Idempotency-Key": "plan"}).json()


def test_concurrent_requests_share_one_token_exchange(app, plan, sandbox):
    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as pool:
        responses = list(pool.map(lambda _: app.get("/plans"), range(CONCURRENT_REQUESTS)))
    assert {response.status_code for response in responses} == {200}
    assert {response.json()["items"][0]["id"] for response in responses} == {plan["id"]}
    assert responses[0].json()["items"] == [plan]
    assert sandbox.stats.token_exchanges == 1


def test_repeated_order_subscribes_once_and_its_webhook_is_handled_once(app, plan, sandbox, server):
    sandbox.endpoints.add(f"{app.base_url}/webhooks/duro")
    order = {"id": "order-1", "email": "ada@example.com", "plan_id": plan["id"]}
    first, second = (app.post("/orders", json=order) for _ in range(2))
    assert (first.status_code, first.json()["status"]) == (201, "active")
    assert second.json() == first.json()
    assert server.read_line() == f"grant access for {first.json()['id']}"
    sandbox.wait_for_deliveries()
    assert {delivery.status for delivery in sandbox.deliveries} == {200}


def test_errors_of_the_api_become_responses(app):
    order = {"id": "order-1", "email": "ada@example.com", "plan_id": "plan_unknown"}
    for response, status in [(app.post("/orders", json=order), 404), (app.get("/plans?cursor=unknown"), 400)]:
        assert response.status_code == status
        assert response.json()["detail"]


def test_server_closes_the_client_at_its_end(app, server):
    assert app.get("/plans").status_code == 200
    server.send_signal(signal.SIGTERM)
    server.wait()
    assert server.errors == ""
