"""Proration: the price of the remaining days at two daily rates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.sandbox.billing.periods import INTERVALS, add_intervals
from duro.sandbox.billing.proration import Price, ProrationResult, prorate

START = datetime(2026, 6, 1, tzinfo=UTC)
PRICES = st.builds(Price, st.integers(1, 10**9), st.sampled_from(INTERVALS), st.integers(1, 12))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # The two examples of the contract, in kobo.
        (500_000, 1_000_000, ProrationResult(250_000, "charge")),
        (1_000_000, 500_000, ProrationResult(250_000, "credit")),
        (500_000, 500_000, ProrationResult(0, "none")),
    ],
)
def test_half_of_a_month_costs_half_of_the_difference(old: int, new: int, expected: ProrationResult) -> None:
    prices = Price(old, "month", 1), Price(new, "month", 1)
    assert prorate(*prices, START, START + timedelta(days=30), START + timedelta(days=15)) == expected


@pytest.mark.parametrize(
    ("passed", "amount"),
    [
        (timedelta(), 300),
        (timedelta(seconds=1), 300),
        (timedelta(days=1), 290),
        (timedelta(days=1, seconds=1), 290),
        (timedelta(days=29, hours=23), 10),
        (timedelta(days=30), 0),
        (timedelta(days=99), 0),
    ],
)
def test_a_day_that_has_begun_counts_as_a_whole_one(passed: timedelta, amount: int) -> None:
    prices = Price(300, "month", 1), Price(600, "month", 1)
    assert prorate(*prices, START, START + timedelta(days=30), START + passed).amount == amount


def test_daily_rates_compare_plans_of_different_intervals() -> None:
    # 3,000 a month of 30 days is 100 a day; 700 a week is the same.
    end, half = START + timedelta(days=30), START + timedelta(days=15)
    assert prorate(Price(3000, "month", 1), Price(700, "week", 1), START, end, half) == ProrationResult(0, "none")
    assert prorate(Price(3000, "month", 1), Price(1400, "week", 1), START, end, half) == ProrationResult(1500, "charge")
    assert prorate(Price(3000, "month", 1), Price(1400, "week", 2), START, end, half) == ProrationResult(0, "none")


def test_the_remaining_days_do_not_exceed_the_period() -> None:
    prices = Price(100, "hour", 1), Price(150, "hour", 1)
    assert prorate(*prices, START, START + timedelta(hours=1), START) == ProrationResult(50, "charge")


@given(old=PRICES, new=PRICES, passed=st.floats(0, 1))
def test_a_change_and_its_reverse_have_the_same_amount(old: Price, new: Price, passed: float) -> None:
    end = add_intervals(START, old.interval, old.interval_count)
    now = START + (end - START) * passed
    there = prorate(old, new, START, end, now)
    back = prorate(new, old, START, end, now)
    assert there.amount == back.amount >= 0
    opposite = {"charge": "credit", "credit": "charge", "none": "none"}
    assert back.kind == opposite[there.kind]
