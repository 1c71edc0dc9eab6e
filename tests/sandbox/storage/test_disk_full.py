"""Full disk: status 507, and nothing half-made."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.checkout import steps
from duro.sandbox.deliveries import endpoint_queue
from duro.sandbox.deliveries.delivery_log import Deliveries
from duro.sandbox.errors import DiskFullError
from duro.sandbox.storage.database import count
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import ReceiverResponse, listening

PLAN = {"name": "Pro", "amount": 500_000, "interval": "month"}
TABLES = ("customers", "subscriptions", "invoices", "transactions", "events", "idempotency", "cards")


@pytest.fixture(params=["memory", "file"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """Sandbox of its own, because the size of its database is limited."""
    with Sandbox(database=tmp_path / "small.db" if request.param == "file" else None, clock="frozen") as sandbox:
        yield sandbox


@pytest.fixture
def client(small: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {small.secret_key}"}
    with httpx.Client(base_url=small.url, headers=headers, timeout=TIMEOUT) as client:
        yield client


def set_free_pages(sandbox: Sandbox, number: int) -> None:
    with sandbox._require().backend.store.transaction() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + number}")


def count_rows(sandbox: Sandbox) -> dict[str, int]:
    with sandbox._require().backend.store.transaction() as db:
        return {table: count(db, table) for table in TABLES}


def subscribe_until_full(client: httpx.Client) -> tuple[dict[str, Any], httpx.Response]:
    """Create subscriptions until one fails, and return its body and its response."""
    plan = client.post("/v1/plans", json=PLAN).json()
    customer = client.post("/v1/customers").json()
    body = {"customerId": customer["id"], "planId": plan["id"]}
    for number in range(1000):
        response = client.post("/v1/subscriptions", json=body, headers={"Idempotency-Key": str(number)})
        if response.status_code != 201:
            return body, response
    raise AssertionError("the disk did not become full")


def test_a_request_on_a_full_disk_gets_507_and_leaves_nothing_half_made(small: Sandbox, client: httpx.Client) -> None:
    set_free_pages(small, 20)
    _, response = subscribe_until_full(client)
    assert response.status_code == 507
    assert response.json()["error"]["message"].endswith("free space, and retry.")
    rows = count_rows(small)
    subscriptions = rows["subscriptions"]
    assert subscriptions > 0
    assert rows == {
        "customers": 1,
        "subscriptions": subscriptions,
        "invoices": subscriptions,
        "transactions": subscriptions,
        "events": 4 * subscriptions,
        "idempotency": subscriptions,
        "cards": 0,
    }
    assert client.get("/v1/plans").status_code == 200


def test_a_repeat_under_the_same_key_succeeds_when_space_is_free_again(small: Sandbox, client: httpx.Client) -> None:
    set_free_pages(small, 20)
    body, response = subscribe_until_full(client)
    charges = len(small.ledger)
    set_free_pages(small, 100)
    key = {"Idempotency-Key": str(charges)}
    assert response.request.headers["Idempotency-Key"] == key["Idempotency-Key"]
    repeats = [client.post("/v1/subscriptions", json=body, headers=key) for _ in range(2)]
    assert [repeat.status_code for repeat in repeats] == [201, 201]
    assert len(small.ledger) == charges + 1


def test_a_control_request_on_a_full_disk_gets_507_too(small: Sandbox, client: httpx.Client) -> None:
    set_free_pages(small, 0)
    url = "http://127.0.0.1:9/" + "x" * 5000
    statuses = [client.post("/_sandbox/endpoints", json={"url": url}).status_code for _ in range(3)]
    assert statuses[-1] == 507
    assert len(small.endpoints) == statuses.count(201)


def test_an_advance_on_a_full_disk_stops_before_an_item_and_continues_later(
    small: Sandbox, client: httpx.Client
) -> None:
    plan = client.post("/v1/plans", json={**PLAN, "interval": "hour"}).json()
    customer = client.post("/v1/customers").json()
    client.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]})
    start = small.clock.now()
    set_free_pages(small, 8)
    response = client.post("/_sandbox/clock", json={"advance": 100 * 3600})
    assert response.status_code == 507
    rows = count_rows(small)
    assert 1 < rows["invoices"] == rows["transactions"] < 100
    assert len(small.ledger) == rows["invoices"]
    assert all(charge.status == "succeeded" for charge in small.ledger)

    set_free_pages(small, 1000)
    small.clock.advance(until=start + timedelta(hours=100, minutes=1))
    assert len(small.ledger) == 101


def test_an_endpoint_that_does_not_fit_on_the_disk_raises_an_os_error(small: Sandbox) -> None:
    set_free_pages(small, 0)
    with pytest.raises(OSError, match="The disk is full") as caught:
        small.endpoints.add("http://127.0.0.1:9/" + "x" * 500_000)
    assert caught.value.errno == errno.ENOSPC
    assert len(small.endpoints) == 0


def test_an_advance_on_a_full_disk_raises_an_os_error(small: Sandbox, client: httpx.Client) -> None:
    plan = client.post("/v1/plans", json={**PLAN, "interval": "hour"}).json()
    customer = client.post("/v1/customers").json()
    client.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]})
    set_free_pages(small, 8)
    with pytest.raises(OSError, match="free space") as caught:
        small.clock.advance(hours=100)
    assert caught.value.errno == errno.ENOSPC


def test_cards_on_a_full_disk_raise_an_os_error(small: Sandbox, client: httpx.Client) -> None:
    customer = client.post("/v1/customers").json()
    set_free_pages(small, 0)
    with pytest.raises(OSError, match="The disk is full") as caught:
        small.cards.script(customer["id"], ["insufficient_funds"] * 1000)
    assert caught.value.errno == errno.ENOSPC


def test_a_checkout_on_a_full_disk_raises_an_os_error(small: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "pay", Mock(side_effect=DiskFullError()))
    with pytest.raises(OSError, match="The disk is full"):
        small.checkout("cs_test_1").pay()


def test_a_replay_on_a_full_disk_raises_an_os_error(small: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deliveries, "repeat", Mock(side_effect=DiskFullError()))
    with pytest.raises(OSError, match="The disk is full"):
        small.deliveries.replay(1)


def test_deliveries_on_a_full_disk_end_a_wait_with_an_error_and_continue_later(
    small: Sandbox, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_queue, "FAILURE_PAUSE_SECONDS", 0.01)
    body = {"customerId": client.post("/v1/customers").json()["id"], "planId": create_plan(client)}
    with listening() as receiver:
        receiver.response = ReceiverResponse(body=b"x" * 200)
        receiver.gate.clear()
        small.endpoints.add(receiver.url)
        for _ in range(5):
            client.post("/v1/subscriptions", json=body)
        set_free_pages(small, 0)
        receiver.gate.set()
        with pytest.raises(OSError, match="The disk is full"):
            small.wait_for_deliveries()
        set_free_pages(small, 100)
        with suppress(OSError):
            # An attempt that failed just before may be reported now.
            small.wait_for_deliveries()
        small.wait_for_deliveries()
        assert [each.state for each in small.deliveries] == ["delivered"] * len(small.events)
        assert {each.event_id for each in receiver.received} == {each.id for each in small.events}


def create_plan(client: httpx.Client) -> str:
    return str(client.post("/v1/plans", json=PLAN).json()["id"])
