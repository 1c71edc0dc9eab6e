"""Billing day: the day of the first period, also after a plan change to another interval."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duro.sandbox.billing.plan_changes import change_plan, schedule_plan_change

from .conftest import Shop


def starts(shop: Shop) -> list[str]:
    """Return the days on which the periods of all subscriptions begin."""
    return [invoice["period_start"][:10] for invoice in shop.invoices() if invoice["kind"] == "period"]


@pytest.mark.parametrize("change", [change_plan, schedule_plan_change])
def test_a_plan_by_the_quarter_keeps_the_billing_day(shop: Shop, change: object) -> None:
    subscription = shop.subscribe(amount=1000)
    shop.act(change, subscription, shop.plan(amount=3000, interval="quarter"))  # type: ignore[arg-type]
    shop.clock.advance(days=250)
    assert starts(shop) == ["2026-01-31", "2026-02-28", "2026-05-31", "2026-08-31"]


def test_a_change_of_the_interval_and_back_keeps_the_billing_day(shop: Shop) -> None:
    monthly = shop.plan(amount=1000)
    subscription = shop.subscribe(monthly)
    shop.act(change_plan, subscription, shop.plan(amount=400, interval="week"))
    shop.act(change_plan, subscription, monthly)
    shop.clock.advance(days=60)
    assert starts(shop) == ["2026-01-31", "2026-02-28", "2026-03-31"]


def test_a_plan_by_the_month_after_weeks_begins_a_new_billing_day(shop: Shop) -> None:
    subscription = shop.subscribe(amount=1000, interval="week")
    shop.act(change_plan, subscription, shop.plan(amount=4000))
    shop.clock.advance(days=70)
    assert starts(shop) == ["2026-01-31", "2026-02-07", "2026-03-07", "2026-04-07"]


def test_a_larger_plan_of_the_same_interval_keeps_the_anchor(shop: Shop) -> None:
    subscription = shop.subscribe(amount=1000, interval="week")
    anchor = shop.subscription(subscription)["anchor"]
    shop.clock.advance(until=shop.clock.now() + timedelta(days=10))
    shop.act(change_plan, subscription, shop.plan(amount=2000, interval="week"))
    assert shop.subscription(subscription)["anchor"] == anchor
