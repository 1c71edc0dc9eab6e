"""Escaping: text of requests is shown as text on every page of the dashboard."""

from __future__ import annotations

import httpx
import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.sandbox.dashboard.conftest import Browser

ROOT = "/_sandbox/dashboard"
ATTACK = "<script>alert('1')</script>"
BREAKOUT = "\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def attacked(frozen: Sandbox, client: Duro) -> Sandbox:
    """Sandbox with payloads in names, keys, paths, headers, addresses and bodies."""
    api = httpx.Client(base_url=frozen.url, headers={"Authorization": f"Bearer {frozen.secret_key}"})
    headers = {"Idempotency-Key": ATTACK, "User-Agent": BREAKOUT}
    plan = client.plans.create(name=ATTACK, amount=500_000, interval="month")
    customer = api.post("/v1/customers", json={"name": BREAKOUT, "email": "<b>@x.y", "merchantRef": ATTACK}).json()
    frozen.endpoints.add(f"http://127.0.0.1:9/{ATTACK.replace(' ', '')}")
    client.subscriptions.create(customer_id=customer["id"], plan_id=plan.id, metadata={ATTACK: BREAKOUT})
    invoice = frozen.ledger[-1].invoice_id
    api.post(f"/v1/invoices/{invoice}/refund", json={"reason": ATTACK}, headers=headers)
    api.post(f"/v1/{ATTACK}", content=BREAKOUT, headers=headers)
    api.get("/v1/plans?<b>", headers={"Idempotency-Key": BREAKOUT})
    httpx.post(f"{frozen.url}/portal/email/start", json={"email": '<b>"@x.y'})
    frozen.faults.add("garbage", path=f"/{BREAKOUT.replace(' ', '')}")
    frozen.wait_for_deliveries()
    api.close()
    return frozen


def test_payloads_are_text_on_every_page(browser: Browser, attacked: Sandbox) -> None:
    paths = [f"{ROOT}/{name}" for name in ("requests", "events", "deliveries", "faults", "codes", "ledger")]
    paths += [f"{ROOT}/requests/{entry.request_id}" for entry in attacked.requests]
    paths += [f"{ROOT}/events/{event.id}" for event in attacked.events]
    paths += [f"{ROOT}/deliveries/{delivery.id}" for delivery in attacked.deliveries]
    paths += [f"{ROOT}/ledger?kind=refunds", f"{ROOT}/requests?key={BREAKOUT}&path={ATTACK}&cursor=1"]
    shown = ""
    for path in paths:
        status = 400 if "cursor" in path else 200
        page = browser.open(path, status=status)
        shown += "".join(page.text)
        assert "b" not in page.names
        sources = {source for tag in ("script", "img") for source in page.attributes(tag, "src")}
        assert all(source.startswith("/_sandbox/static/") for source in sources)
        assert [given for tag, given in page.tags if tag == "script" and "src" not in given] == []
    assert ATTACK in shown
    assert BREAKOUT in shown
    assert "<b>" in shown


def test_payloads_in_forms_and_addresses_are_text(browser: Browser) -> None:
    token = browser.open(f"{ROOT}/faults").find_token()
    for fields in ({"command": "fault", "kind": ATTACK, "path": BREAKOUT}, {"command": "outcomes", "outcomes": ATTACK}):
        path = f"{ROOT}/faults" if fields["command"] == "fault" else f"{ROOT}/cards"
        response = browser.client.post(path, data={"token": token, "customerId": BREAKOUT, **fields})
        assert response.status_code == 422
        assert ATTACK not in response.text
        assert BREAKOUT not in response.text
    for name in ("requests", "events", "deliveries"):
        assert ATTACK not in browser.client.get(f"{ROOT}/{name}/{ATTACK}").text
