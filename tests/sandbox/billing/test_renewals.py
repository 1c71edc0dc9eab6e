"""Renewals: called with a unit of work, without a server and without a request."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import TypeAlias

import pytest

from duro.sandbox.billing.customers import add_customer, blacklist_customer
from duro.sandbox.billing.ledger import Charge, list_charges
from duro.sandbox.billing.plan_changes import change_plan
from duro.sandbox.billing.plans import create_plan, update_plan
from duro.sandbox.billing.renewals import renew_subscription
from duro.sandbox.billing.subscription_states import Action
from duro.sandbox.billing.subscriptions import cancel_subscription, change_status, start_subscription
from duro.sandbox.errors import ApiError
from duro.sandbox.events import list_events
from duro.sandbox.storage.rows import find, update
from duro.sandbox.unit_of_work import UnitOfWork
from tests.support.timeouts import PROGRAM_TIMEOUT

WorkAt: TypeAlias = Callable[[str], UnitOfWork]

SUBSCRIBED = "2026-01-31T09:00"
FIRST_END, SECOND_END, THIRD_END = "2026-02-28T09:00", "2026-03-31T09:00", "2026-04-30T09:00"


def api_time(moment: str) -> str:
    return f"{moment}:00.000Z"


def make_plan(uow: UnitOfWork, **values: object) -> sqlite3.Row:
    common = {"name": "Pro", "amount": 3000, "currency": "NGN", "interval": "month", "interval_count": 1}
    return create_plan(uow, {**common, "trial_days": 0, **values})


def subscribe(uow: UnitOfWork, **values: object) -> sqlite3.Row:
    return start_subscription(uow, add_customer(uow, {"email": "ada@example.com"}), make_plan(uow, **values))


def new_events(uow: UnitOfWork, before: int) -> list[str]:
    return [event.type for event in list_events(uow.db)[before:]]


def count_events(uow: UnitOfWork) -> int:
    return len(list_events(uow.db))


def test_a_renewal_charges_the_next_period_and_moves_to_it(work_at: WorkAt) -> None:
    subscription = subscribe(work_at(SUBSCRIBED))
    uow = work_at(FIRST_END)
    before = count_events(uow)
    renewed = renew_subscription(uow, subscription)
    assert (renewed["status"], renewed["cycles_completed"]) == ("active", 2)
    period = renewed["current_period_start"], renewed["current_period_end"]
    assert period == (api_time(FIRST_END), api_time(SECOND_END))
    charge = list_charges(uow.db)[-1]
    assert charge == Charge(
        invoice_id=charge.invoice_id,
        customer_id=subscription["customer_id"],
        subscription_id=subscription["id"],
        amount=3000,
        status="succeeded",
        failure_code=None,
        attempt=1,
        rail="card",
        idempotency_key=f"renewal_{subscription['id']}_{api_time(FIRST_END)}",
        at=uow.at,
    )
    invoice = find(uow.db, "invoices", charge.invoice_id)
    assert (invoice["status"], invoice["period_start"], invoice["period_end"]) == ("paid", *period)
    assert new_events(uow, before) == ["invoice_created", "subscription_payment_success"]


def test_month_ends_are_clamped_from_the_first_period(work_at: WorkAt) -> None:
    subscription = subscribe(work_at(SUBSCRIBED))
    ends = []
    for moment in (FIRST_END, SECOND_END, THIRD_END):
        subscription = renew_subscription(work_at(moment), subscription)
        ends.append(subscription["current_period_end"])
    assert ends == [api_time(moment) for moment in (SECOND_END, THIRD_END, "2026-05-31T09:00")]


def test_a_period_that_ended_earlier_is_followed_by_one_that_begins_now(work_at: WorkAt) -> None:
    renewed = renew_subscription(work_at("2026-03-05T00:00"), subscribe(work_at(SUBSCRIBED)))
    assert renewed["current_period_start"] == api_time("2026-03-05T00:00")
    assert renewed["current_period_end"] == api_time("2026-04-05T00:00")


def test_a_renewal_converts_a_trial(work_at: WorkAt) -> None:
    uow = work_at("2026-02-07T09:00")
    subscription = subscribe(work_at(SUBSCRIBED), trial_days=7)
    before = count_events(uow)
    renewed = renew_subscription(uow, subscription)
    assert (renewed["status"], renewed["cycles_completed"]) == ("active", 1)
    assert renewed["current_period_end"] == api_time("2026-03-07T09:00")
    assert new_events(uow, before) == ["invoice_created", "subscription_payment_success", "subscription_activated"]


def test_an_update_of_the_plan_does_not_change_the_price(work_at: WorkAt) -> None:
    uow = work_at(FIRST_END)
    subscription = subscribe(work_at(SUBSCRIBED))
    update_plan(uow, find(uow.db, "plans", subscription["plan_id"]), {"amount": 9999, "interval": "year"})
    renewed = renew_subscription(uow, subscription)
    assert list_charges(uow.db)[-1].amount == 3000
    assert renewed["current_period_end"] == api_time(SECOND_END)


def test_a_changed_plan_applies_from_the_next_period(work_at: WorkAt) -> None:
    subscription = subscribe(work_at(SUBSCRIBED))
    quarterly = make_plan(work_at(SUBSCRIBED), interval="quarter")
    changed = change_plan(work_at(FIRST_END), subscription, quarterly).subscription
    # The billing day stays the 31st.
    renewed = renew_subscription(work_at(FIRST_END), changed)
    assert renewed["current_period_end"] == api_time("2026-05-31T09:00")
    assert renew_subscription(work_at("2026-05-31T09:00"), renewed)["current_period_end"] == api_time(
        "2026-08-31T09:00"
    )


def test_the_credit_of_a_downgrade_lowers_invoices_until_it_is_used_up(work_at: WorkAt) -> None:
    uow = work_at(SUBSCRIBED)
    subscription = subscribe(uow, interval="day", interval_count=30)
    cheaper = make_plan(uow, amount=1000, interval="day", interval_count=30)
    # 20 days remain, at 100 a day and at 33 1/3 a day.
    result = change_plan(work_at("2026-02-10T09:00"), subscription, cheaper)
    changed = result.subscription
    assert (result.proration.amount, result.proration.kind, changed["credit"]) == (1333, "credit", 1333)
    uow = work_at("2026-03-02T09:00")
    before = count_events(uow)
    renewed = renew_subscription(uow, changed)
    assert (renewed["credit"], renewed["cycles_completed"]) == (333, 2)
    # An invoice of 0 is paid without a charge.
    assert [charge.amount for charge in list_charges(uow.db)] == [3000]
    assert new_events(uow, before) == ["invoice_created", "subscription_payment_success"]
    payload = uow.db.execute("SELECT payload FROM events ORDER BY rowid DESC").fetchone()["payload"]
    data = json.loads(payload)["data"]
    assert (data["amount"], data["invoice"]["amount"], data["invoice"]["status"]) == (0, 0, "paid")
    renewed = renew_subscription(work_at("2026-04-01T09:00"), renewed)
    assert renewed["credit"] == 0
    assert [charge.amount for charge in list_charges(uow.db)] == [3000, 667]


def test_a_subscription_with_the_flag_is_canceled_without_a_charge(work_at: WorkAt) -> None:
    uow = work_at(FIRST_END)
    subscription = cancel_subscription(work_at(SUBSCRIBED), subscribe(work_at(SUBSCRIBED)), at_period_end=True)
    before = count_events(uow)
    assert renew_subscription(uow, subscription)["status"] == "canceled"
    assert new_events(uow, before) == ["subscription_cancelled"]
    assert len(list_charges(uow.db)) == 1


def test_a_subscription_expires_after_its_last_cycle(work_at: WorkAt) -> None:
    uow = work_at(SECOND_END)
    subscription = renew_subscription(work_at(FIRST_END), subscribe(work_at(SUBSCRIBED), max_cycles=2))
    before = count_events(uow)
    assert renew_subscription(uow, subscription)["status"] == "expired"
    assert new_events(uow, before) == ["subscription_expired"]
    assert len(list_charges(uow.db)) == 2


def test_a_blacklisted_customer_becomes_past_due_without_an_attempt(work_at: WorkAt) -> None:
    uow = work_at(FIRST_END)
    subscription = subscribe(work_at(SUBSCRIBED))
    blacklist_customer(uow, find(uow.db, "customers", subscription["customer_id"]), None)
    before = count_events(uow)
    failed = renew_subscription(uow, subscription)
    assert (failed["status"], failed["current_period_end"]) == ("past_due", subscription["current_period_end"])
    assert new_events(uow, before) == ["invoice_created", "subscription_payment_failed", "subscription_past_due"]
    assert len(list_charges(uow.db)) == 1
    statuses = [row["status"] for row in uow.db.execute("SELECT status FROM invoices ORDER BY rowid")]
    assert statuses == ["paid", "open"]


def test_a_period_is_renewed_once(work_at: WorkAt) -> None:
    uow = work_at(FIRST_END)
    renewed = renew_subscription(uow, subscribe(work_at(SUBSCRIBED)))
    with pytest.raises(ApiError, match="has not ended") as error:
        renew_subscription(uow, renewed)
    assert error.value.status == 409
    assert len(list_charges(uow.db)) == 2


@pytest.mark.parametrize("status", ["incomplete", "past_due", "paused", "unpaid", "canceled", "expired"])
def test_only_active_and_trialing_subscriptions_renew(work_at: WorkAt, status: str) -> None:
    uow = work_at(FIRST_END)
    subscription = update(uow.db, "subscriptions", subscribe(work_at(SUBSCRIBED))["id"], {"status": status})
    with pytest.raises(ApiError, match=status):
        renew_subscription(uow, subscription)


def test_a_resumed_subscription_renews(work_at: WorkAt) -> None:
    subscription = subscribe(work_at(SUBSCRIBED))
    for action in (Action.PAUSE, Action.RESUME):
        subscription = change_status(work_at(SUBSCRIBED), subscription, action)
    assert renew_subscription(work_at(FIRST_END), subscription)["status"] == "active"


PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta

from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.renewals import renew_subscription
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.ids import IdGenerator
from duro.sandbox.storage.database import Database
from duro.sandbox.unit_of_work import UnitOfWork

now = datetime(2026, 6, 28, tzinfo=UTC)
with Database().transaction() as db:
    uow = UnitOfWork(db, now, IdGenerator(), lambda: None)
    plan = {"name": "Pro", "amount": 1, "currency": "NGN", "interval": "day", "interval_count": 1, "trial_days": 0}
    subscription = start_subscription(uow, add_customer(uow, {}), create_plan(uow, plan))
    later = UnitOfWork(db, now + timedelta(days=1), IdGenerator(), lambda: None)
    print(renew_subscription(later, subscription)["cycles_completed"])
print(sorted({"starlette", "uvicorn", "h11"} & set(sys.modules)))
"""


@pytest.mark.process
def test_a_renewal_does_not_import_a_web_framework() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, timeout=PROGRAM_TIMEOUT, capture_output=True, text=True
    )
    assert run.stdout.splitlines() == ["2", "[]"]
