"""Proration: the price of the remaining days at two daily rates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.sandbox.billing.periods import INTERVALS, add_intervals
from duro.sandbox.billing.proration import Period, Price, ProrationResult, prorate, round_half_up

START = datetime(2026, 6, 1, tzinfo=UTC)
JUNE = Period(START, START + timedelta(days=30), anchor=START)
HALF = START + timedelta(days=15)
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
    assert prorate(old, Price(new, "month", 1), JUNE, HALF) == expected


@pytest.mark.parametrize(
    ("passed", "amount"),
    [
        (timedelta(), 300),
        (timedelta(days=1), 290),
        (timedelta(days=1, hours=12), 285),
        # Half a minor unit is rounded up.
        (timedelta(days=1, hours=13, minutes=12), 285),
        (timedelta(days=1, hours=13, minutes=13), 284),
        (timedelta(days=29, hours=12), 5),
        (timedelta(days=30), 0),
        (timedelta(days=99), 0),
    ],
)
def test_days_count_as_fractions(passed: timedelta, amount: int) -> None:
    assert prorate(300, Price(600, "month", 1), JUNE, START + passed).amount == amount


def test_plans_of_other_intervals_are_compared_by_the_day() -> None:
    # 3,000 a month of 30 days is 100 a day; 700 a week is the same.
    assert prorate(3000, Price(700, "week", 1), JUNE, HALF) == ProrationResult(0, "none")
    assert prorate(3000, Price(1400, "week", 1), JUNE, HALF) == ProrationResult(1500, "charge")
    assert prorate(3000, Price(1400, "week", 2), JUNE, HALF) == ProrationResult(0, "none")


def test_a_clamped_period_costs_the_whole_price_of_its_interval() -> None:
    # From 28 February to 31 March: 31 days, although a month after the 28th is the 28th.
    start, end = datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
    period = Period(start, end, anchor=datetime(2026, 1, 31, tzinfo=UTC))
    assert prorate(300, Price(600, "month", 1), period, start) == ProrationResult(300, "charge")


@pytest.mark.parametrize(
    ("start", "anchor"),
    [
        # The billing day of an earlier period: weeks from 4 February, and the fourth one ends on 4 March.
        (datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 2, 4, tzinfo=UTC)),
        # The billing day of later periods: an earlier change made it the end of the running week.
        (datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)),
    ],
)
def test_a_week_that_ends_on_a_billing_day_does_not_cost_a_month(start: datetime, anchor: datetime) -> None:
    period = Period(start, start + timedelta(days=7), anchor=anchor)
    assert prorate(700, Price(2800, "month", 1), period, start) == ProrationResult(0, "none")
    assert prorate(700, Price(5600, "month", 1), period, start) == ProrationResult(700, "charge")


def test_a_month_of_two_months_ends_on_the_billing_day() -> None:
    # From 30 November to 31 January: the first of the two months ends on 31 December.
    start, end = datetime(2026, 11, 30, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)
    period = Period(start, end, anchor=datetime(2026, 1, 31, tzinfo=UTC))
    assert prorate(600, Price(300, "month", 1), period, start) == ProrationResult(0, "none")


@given(old=PRICES, new=PRICES, passed=st.floats(0, 1))
def test_a_change_and_its_reverse_have_the_same_amount(old: Price, new: Price, passed: float) -> None:
    end = add_intervals(START, old.interval, old.interval_count)
    now = START + (end - START) * passed
    period = Period(START, end, anchor=START)
    there = prorate(old.amount, new, period, now)
    back = prorate(round_half_up(period.price_of(new)), old, period, now)
    assert abs(there.amount - back.amount) <= 1
    opposite = {"charge": "credit", "credit": "charge", "none": "none"}
    assert there.amount <= 1 or back.kind == opposite[there.kind]
