"""Items that are due at once: they run before the call that scheduled them returns, without the worker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.requests import Request

from duro import AsyncDuro, Duro
from duro._json_types import JSONObject
from duro.sandbox import AsyncSandbox, Sandbox
from duro.sandbox.api.dispatch import perform
from duro.sandbox.api.operation import ApiOperation
from duro.sandbox.api.request_context import RequestContext
from duro.sandbox.auth.audience import Audience
from duro.sandbox.billing.due_items import schedule
from duro.sandbox.billing.due_worker import DueItemWorker
from duro.sandbox.billing.scheduler import MAX_PRESENT_ITEMS
from duro.sandbox.clock import Advance, ClockMode
from duro.sandbox.events import collect_event_ids
from duro.sandbox.unit_of_work import UnitOfWork

from .conftest import Shop

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
PLAN: dict[str, Any] = {"name": "Pro", "amount": 500_000, "interval": "week"}


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn off the worker, which would run the items some time later."""

    async def wait_forever(_: DueItemWorker) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(DueItemWorker, "run", wait_forever)


@pytest.fixture
def ran(shop: Shop) -> list[str]:
    """Subjects of the items of the kind ``reminder`` that have run."""
    subjects: list[str] = []
    shop.backend.scheduler._handlers = {"reminder": lambda _, subject: subjects.append(subject)}
    return subjects


def remind(uow: UnitOfWork, count: int = 1) -> None:
    for number in range(count):
        schedule(uow, kind="reminder", subject=f"sub_{number}", at=uow.now)


def subscribe_with_an_overdue_period(sandbox: Sandbox, client: Duro) -> str:
    """Return a customer whose new card pays a period that is already over."""
    customer = client.customers.create(email="ada@example.com")
    client.subscriptions.create(customer_id=customer.id, plan_id=client.plans.create(**PLAN).id)
    sandbox.cards.decline(customer.id, "expired_card", times=None)
    sandbox.clock.advance(days=20)
    return customer.id


@pytest.mark.parametrize("clock", ["frozen", "real"])
@pytest.mark.parametrize("strict", [False, True])
def test_a_new_card_renews_a_period_that_is_over_before_it_returns(clock: ClockMode, strict: bool) -> None:
    with Sandbox(clock=clock, start=START, strict=strict) as sandbox, Duro(**sandbox.options) as client:
        sandbox.cards.replace(subscribe_with_an_overdue_period(sandbox, client))
        assert [charge.status for charge in sandbox.ledger] == ["succeeded", "failed", "succeeded", "succeeded"]
        due = sandbox.clock.next_due()
        assert due is not None
        assert due.at - sandbox.clock.now() > timedelta(days=6)


def test_a_new_card_over_http_renews_before_the_response() -> None:
    with Sandbox(clock="frozen", start=START) as sandbox, Duro(**sandbox.options) as client:
        customer_id = subscribe_with_an_overdue_period(sandbox, client)
        httpx.post(f"{sandbox.url}/_sandbox/cards", json={"customerId": customer_id, "replace": True})
        assert len(sandbox.ledger) == 4


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_new_card_renews_before_an_asynchronous_test_continues(backend: str) -> None:
    async def use_sandbox() -> None:
        async with AsyncSandbox(clock="frozen", start=START) as sandbox, AsyncDuro(**sandbox.options) as client:
            customer, plan = await client.customers.create(email="ada@example.com"), await client.plans.create(**PLAN)
            await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            sandbox.cards.decline(customer.id, "expired_card", times=None)
            await sandbox.clock.advance(days=20)
            sandbox.cards.replace(customer.id)
            assert len(sandbox.ledger) == 4

    anyio.run(use_sandbox, backend=backend)


def test_an_operation_of_the_api_runs_them_before_its_response(shop: Shop, ran: list[str]) -> None:
    def handle(context: RequestContext) -> JSONObject:
        remind(context.uow)
        assert ran == []
        return {}

    operation = ApiOperation("POST", "/v1/reminders", handle, audience=Audience.PUBLIC)
    request = Request({"type": "http", "method": "POST", "path": "/v1/reminders", "headers": [], "query_string": b""})
    response = perform(shop.backend, operation, request, b"", "http://sandbox")
    assert (response.status, ran) == (200, ["sub_0"])


def test_a_page_runs_them_before_its_response(shop: Shop, ran: list[str]) -> None:
    with shop.backend.unit_of_work("a button of the dashboard") as uow:
        remind(uow)
    assert ran == ["sub_0"]


def test_one_call_runs_a_limited_number(shop: Shop, ran: list[str]) -> None:
    with shop.backend.unit_of_work("a backlog") as uow:
        remind(uow, MAX_PRESENT_ITEMS + 1)
    assert len(ran) == MAX_PRESENT_ITEMS


def test_a_transaction_that_only_reads_does_not_run_items(shop: Shop, ran: list[str]) -> None:
    shop.call(remind)
    with shop.backend.scheduler.transaction() as db:
        db.execute("SELECT * FROM due_items").fetchall()
    assert ran == []


def test_an_advance_in_progress_keeps_its_items(shop: Shop, ran: list[str]) -> None:
    with shop.backend.store.transaction() as db:
        shop.backend.time.begin(db, Advance(shop.clock.now()))
    with shop.backend.unit_of_work("a handler of a delivery") as uow:
        remind(uow)
    assert ran == []


def test_the_events_of_an_item_do_not_belong_to_the_request_that_made_it_due(shop: Shop) -> None:
    shop.backend.scheduler._handlers = {"reminder": lambda uow, subject: uow.emit("subscription_paused", {})}
    with collect_event_ids() as event_ids, shop.backend.unit_of_work("a request") as uow:
        remind(uow)
    assert (shop.events(), event_ids) == (["subscription_paused"], [])


def test_an_item_that_fails_does_not_fail_the_call_that_scheduled_it(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_uow: UnitOfWork, _subject: str) -> None:
        raise RuntimeError("the card processor failed")

    shop.backend.scheduler._handlers = {"reminder": fail}
    with shop.backend.unit_of_work("a button of the dashboard") as uow:
        remind(uow)
    assert "a due item failed" in caplog.text
    item = shop.clock.next_due()
    assert item is not None
    assert item.subject == "sub_0"


def test_a_frozen_sandbox_starts_without_overdue_items(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    with Sandbox(database=database, start=START) as sandbox, Duro(**sandbox.options) as client:
        customer = client.customers.create(email="ada@example.com")
        client.subscriptions.create(customer_id=customer.id, plan_id=client.plans.create(**PLAN).id)
        time = sandbox._require().backend.time
        time._offset += timedelta(days=20)
        with sandbox._require().backend.store.transaction() as db:
            time._save(db)
    with Sandbox(database=database, clock="frozen") as sandbox:
        assert len(sandbox.ledger) == 3
