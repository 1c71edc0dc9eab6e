"""Money: what was paid, what was credited, and that nothing is charged twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from duro.sandbox.billing.charges import charge_invoice
from duro.sandbox.billing.checkout_payments import pay_session
from duro.sandbox.billing.checkout_sessions import open_checkout_session, price_plan
from duro.sandbox.billing.plan_changes import PlanChangeOutcome, change_plan
from duro.sandbox.billing.plans import update_plan
from duro.sandbox.errors import ApiError
from duro.sandbox.storage.rows import find

from .conftest import Shop


def change(shop: Shop, subscription: str, plan: sqlite3.Row) -> PlanChangeOutcome:
    return shop.act(change_plan, subscription, plan)


def test_a_credit_is_at_most_what_was_paid(shop: Shop) -> None:
    plan, cheap = shop.plan(amount=500_000), shop.plan(amount=100_000)
    subscription = shop.subscribe(plan)
    shop.call(update_plan, plan, {"interval": "hour", "amount": 900_000})
    result = change(shop, subscription, cheap)
    assert (result.proration.amount, result.proration.kind) == (400_000, "credit")


def test_up_and_down_again_charges_the_difference_once(shop: Shop) -> None:
    small, large = shop.plan(amount=500_000), shop.plan(amount=1_000_000)
    subscription = shop.subscribe(small)
    for plan in (large, small, large, small):
        change(shop, subscription, plan)
    assert shop.amounts() == [500_000, 500_000]
    assert shop.subscription(subscription)["credit"] == 500_000
    shop.clock.advance(days=30)
    # The next invoice is paid with the credit, without a charge.
    assert (shop.amounts(), shop.subscription(subscription)["credit"]) == ([500_000, 500_000], 0)


def test_an_upgrade_uses_credit_first(shop: Shop) -> None:
    subscription = shop.subscribe(amount=3000)
    with shop.backend.store.transaction() as db:
        db.execute("UPDATE subscriptions SET credit = 1000")
    change(shop, subscription, shop.plan(amount=6000))
    invoice = shop.invoices()[-1]
    assert (invoice["amount"], invoice["credit_used"], invoice["status"]) == (2000, 1000, "paid")
    assert (shop.amounts(), shop.subscription(subscription)["credit"]) == ([3000, 2000], 0)


def test_an_upgrade_that_cannot_be_charged_changes_nothing(shop: Shop, fail_charges: Callable[..., None]) -> None:
    subscription = shop.subscribe(amount=3000)
    with shop.backend.store.transaction() as db:
        db.execute("UPDATE subscriptions SET credit = 1000")
    before = dict(shop.subscription(subscription))
    fail_charges("do_not_honor")
    result = change(shop, subscription, shop.plan(amount=6000))
    assert result.failure is not None
    assert (result.failure.status, result.failure.code) == (409, "conflict")
    assert dict(shop.subscription(subscription)) == before
    # The failed attempt stays in the ledger, and nothing is owed for it.
    last = shop.charges()[-1]
    assert (last.amount, last.status, last.failure_code) == (2000, "failed", "05")
    assert shop.invoices()[-1]["status"] == "void"


def test_two_upgrades_of_one_instant_have_an_invoice_each(shop: Shop) -> None:
    subscription = shop.subscribe(amount=1000)
    for amount in (2000, 3000):
        change(shop, subscription, shop.plan(amount=amount))
    assert shop.amounts() == [1000, 1000, 1000]


def test_a_change_of_the_interval_is_prorated_by_the_running_period(shop: Shop) -> None:
    subscription = shop.subscribe(amount=3000, interval="day", interval_count=30)
    shop.clock.advance(days=15)
    # 12,000 for 120 days is 100 a day, as before.
    same_rate = shop.plan(amount=12_000, interval="day", interval_count=120)
    assert change(shop, subscription, same_rate).proration.kind == "none"
    # Also from there: the running period still has 30 days.
    double_rate = shop.plan(amount=24_000, interval="day", interval_count=120)
    assert change(shop, subscription, double_rate).proration.amount == 1500
    shop.clock.advance(days=15)
    assert shop.amounts() == [3000, 1500, 24_000]


def test_a_change_of_the_interval_and_back_costs_what_it_credits(shop: Shop) -> None:
    monthly, weekly = shop.plan(amount=310_000), shop.plan(amount=1000, interval="week")
    subscription = shop.subscribe(monthly)
    # From 28 February to 31 March: 31 days, although a month after the 28th is the 28th.
    shop.clock.advance(days=28)
    there = change(shop, subscription, weekly).proration
    back = change(shop, subscription, monthly).proration
    # 31 days at 1,000 a week are 4,429.
    assert (there.amount, there.kind, back.amount, back.kind) == (305_571, "credit", 305_571, "charge")
    assert (shop.amounts(), shop.subscription(subscription)["credit"]) == ([310_000, 310_000], 0)


def test_the_discounted_price_of_a_period_is_what_a_downgrade_credits(shop: Shop) -> None:
    subscription = shop.subscribe(amount=3000)
    with shop.backend.store.transaction() as db:
        db.execute("UPDATE subscriptions SET period_amount = 1500")
    assert change(shop, subscription, shop.plan(amount=1000)).proration.amount == 500


def test_a_session_charges_the_price_that_it_showed(shop: Shop) -> None:
    plan = shop.plan(amount=3000)
    session = shop.call(open_checkout_session, price_plan(plan), "http://127.0.0.1")
    shop.call(update_plan, plan, {"amount": 9999})
    shop.call(pay_session, session, "card", "ada@example.com")
    shop.clock.advance(days=30)
    assert shop.amounts() == [3000, 3000]


def test_a_trial_completes_a_checkout_with_an_amount_of_0(shop: Shop) -> None:
    plan = shop.plan(amount=3000, trial_days=7)
    session = shop.call(open_checkout_session, price_plan(plan), "http://127.0.0.1")
    shop.call(pay_session, session, "card", "ada@example.com")
    (payload,) = shop.backend.transact(
        lambda db: db.execute("SELECT payload FROM events WHERE type = 'checkout_completed'").fetchone()
    )
    assert b'"amount":0,"currency":"NGN"' in payload
    shop.clock.advance(days=7)
    assert shop.amounts() == [3000]


def test_a_period_has_one_invoice(shop: Shop) -> None:
    shop.subscribe()
    columns = "subscription_id, customer_id, kind, amount, credit_used, currency, status, period_start, period_end"
    with pytest.raises(sqlite3.IntegrityError), shop.backend.store.transaction() as db:
        db.execute(
            f"INSERT INTO invoices (id, {columns}, created_at) SELECT 'inv_2', {columns}, created_at FROM invoices"  # noqa: S608 - constants
        )


def test_an_invoice_is_paid_at_most_once(shop: Shop) -> None:
    shop.subscribe()
    (invoice,) = shop.invoices()
    with pytest.raises(sqlite3.IntegrityError):
        shop.call(charge_invoice, invoice)
    assert len(shop.charges()) == 1


@pytest.mark.parametrize("status", ["incomplete", "past_due", "paused", "unpaid", "canceled", "expired"])
def test_only_a_subscription_that_renews_changes_its_plan(shop: Shop, status: str) -> None:
    subscription = shop.subscribe()
    with shop.backend.store.transaction() as db:
        db.execute("UPDATE subscriptions SET status = ?", (status,))
        plan = find(db, "plans", db.execute("SELECT id FROM plans").fetchone()[0])
    with pytest.raises(ApiError, match=f"that is {status} cannot change its plan"):
        change(shop, subscription, plan)
