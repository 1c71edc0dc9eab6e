"""Sandbox clock: real and frozen time, advances, and work that becomes due by itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.billing.deliverer import NoDeliverer
from duro.sandbox.clock import ClockMode
from tests.support.timeouts import TIMEOUT

Make = Callable[..., dict[str, Any]]

START = datetime(2026, 1, 31, 9, tzinfo=UTC)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.01)


def test_the_clock_runs_with_real_time(sandbox: Sandbox) -> None:
    before = datetime.now(UTC)
    assert before <= sandbox.clock.now() <= datetime.now(UTC)


def test_spans_add_up(sandbox: Sandbox) -> None:
    before = datetime.now(UTC)
    sandbox.clock.advance(weeks=1, days=1, hours=1, minutes=1, seconds=1)
    sandbox.clock.advance(days=30)
    passed = sandbox.clock.now() - before - timedelta(days=38, hours=1, minutes=1, seconds=1)
    assert timedelta() <= passed < timedelta(minutes=1)


def test_records_have_the_time_of_the_sandbox(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.clock.advance(days=365)
    created = datetime.fromisoformat(api.post("/v1/customers").json()["createdAt"])
    assert timedelta() <= sandbox.clock.now() - created < timedelta(minutes=1)


@pytest.mark.parametrize("days", [-1, 1e9, 4_000_000, math.inf, math.nan])
def test_an_invalid_span_is_rejected_and_changes_nothing(sandbox: Sandbox, days: float) -> None:
    with pytest.raises(ValueError, match=r"clock|finite"):
        sandbox.clock.advance(days=days)
    assert sandbox.clock.now() - datetime.now(UTC) < timedelta(minutes=1)


def test_a_frozen_clock_stands_still_and_starts_where_it_was_told() -> None:
    with Sandbox(clock="frozen", start=START) as sandbox:
        assert sandbox.clock.now() == sandbox.clock.now() == START
        assert sandbox.clock.advance(days=1).now == sandbox.clock.now() == START + timedelta(days=1)
        sandbox.reset()
        assert sandbox.clock.now() == START


def test_a_start_of_another_zone_is_the_same_instant() -> None:
    lagos = timezone(timedelta(hours=1))
    with Sandbox(clock="frozen", start=START.astimezone(lagos)) as sandbox:
        assert sandbox.clock.now().isoformat() == START.isoformat()


def test_a_real_clock_runs_on_from_its_start() -> None:
    with Sandbox(start=START) as sandbox:
        assert timedelta() <= sandbox.clock.now() - START < timedelta(minutes=1)
        assert sandbox.clock.now() > START


@pytest.mark.parametrize("modes", [("real", "frozen"), ("frozen", "real"), ("frozen", "frozen")])
def test_a_database_continues_at_its_own_time(tmp_path: Path, modes: tuple[ClockMode, ClockMode]) -> None:
    database = tmp_path / "sandbox.db"
    for mode in modes:
        with Sandbox(database=database, clock=mode, start=START) as sandbox:
            before = sandbox.clock.now()
            sandbox.clock.advance(days=10)
            after = sandbox.clock.now()
    assert timedelta() <= before - START - timedelta(days=10) < timedelta(minutes=1)
    assert timedelta() <= after - before - timedelta(days=10) < timedelta(minutes=1)


def test_a_running_clock_renews_by_itself(sandbox: Sandbox, subscribe: Make) -> None:
    subscription = subscribe()
    backend = sandbox._require().backend
    end = datetime.fromisoformat(subscription["currentPeriodEnd"])
    # As if the time until the end of the period had passed.
    backend.time._offset += end - sandbox.clock.now()
    backend.due_wakeup.notify()
    wait_until(lambda: len(sandbox.ledger) == 2)
    assert sandbox.ledger[1].at == subscription["currentPeriodEnd"]


def test_a_failed_item_does_not_end_the_worker(
    sandbox: Sandbox, subscribe: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = subscribe()
    backend = sandbox._require().backend

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the card processor failed")

    with monkeypatch.context() as patch:
        patch.setattr("duro.sandbox.billing.renewals.charge_period", fail)
        backend.time._offset += datetime.fromisoformat(subscription["currentPeriodEnd"]) - sandbox.clock.now()
        backend.due_wakeup.notify()
        wait_until(lambda: "a due item failed" in caplog.text)
    backend.due_wakeup.notify()
    wait_until(lambda: len(sandbox.ledger) == 2)


def test_the_control_routes_read_and_move_the_clock(sandbox: Sandbox, anonymous: httpx.Client, subscribe: Make) -> None:
    subscription = subscribe()
    end = subscription["currentPeriodEnd"]
    clock = anonymous.get("/_sandbox/clock").json()
    assert clock["nextDue"] == {"at": end, "kind": "period_end", "subject": subscription["id"]}
    moved = anonymous.post("/_sandbox/clock", json={"until": end}).json()
    assert moved == {"now": end, "items": 1, "charges": 1, "events": 2, "deliveries": 0}
    moved = anonymous.post("/_sandbox/clock", json={"until": "subscription_payment_success"}).json()
    assert moved["now"] == sandbox.ledger[-1].at > end


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "either advance or until"),
        ({"advance": 1, "until": "invoice_created"}, 422, "either advance or until"),
        ({"until": "yesterday"}, 422, "until must be a datetime or one of"),
        ({"until": "2001-01-01T00:00:00Z"}, 422, "cannot go back"),
        ({"until": "invoice_created", "limit": 60}, 409, "The event invoice_created did not happen until"),
        ({"advance": 1, "deliver": "no"}, 422, "expected boolean"),
    ],
)
def test_an_invalid_move_is_refused(
    anonymous: httpx.Client, sandbox: Sandbox, body: dict[str, object], status: int, message: str
) -> None:
    response = anonymous.post("/_sandbox/clock", json=body)
    assert (response.status_code, message in response.text) == (status, True)


def test_a_second_move_is_refused_with_409(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    scheduler = sandbox._require().backend.scheduler
    with scheduler._exclusive():
        response = anonymous.post("/_sandbox/clock", json={"advance": 60})
    assert response.status_code == 409
    assert "another advance is in progress" in response.json()["error"]["message"]


def test_requests_within_an_advance_see_the_time_of_the_step(sandbox: Sandbox, api: httpx.Client) -> None:
    scheduler, seen = sandbox._require().backend.scheduler, []
    moment = sandbox.clock.now().replace(microsecond=0) + timedelta(days=3)

    class OneDelivery(NoDeliverer):
        def next_due(self) -> datetime | None:
            return None if seen else moment

        def deliver_until(self, moment: datetime) -> None:
            seen.append(api.post("/v1/customers").json()["createdAt"])

    before, scheduler.deliverer = scheduler.deliverer, OneDelivery()
    try:
        sandbox.clock.advance(days=30)
    finally:
        scheduler.deliverer = before
    assert [datetime.fromisoformat(at) for at in seen] == [moment]
