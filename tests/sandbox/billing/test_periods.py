"""Ends of billing periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.sandbox.billing.periods import INTERVALS, add_intervals, next_period_end

EARLIEST = datetime.fromisoformat("2000-01-01")
LATEST = datetime.fromisoformat("8000-01-01")


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ("2026-01-15T09:00", "hour", 36, "2026-01-16T21:00"),
        ("2026-02-28T09:00", "day", 1, "2026-03-01T09:00"),
        ("2026-12-31T09:00", "week", 2, "2027-01-14T09:00"),
        ("2026-01-31T09:00", "month", 1, "2026-02-28T09:00"),
        ("2028-01-31T09:00", "month", 1, "2028-02-29T09:00"),
        ("2026-08-31T09:00", "month", 13, "2027-09-30T09:00"),
        ("2026-12-15T09:00", "month", 12, "2027-12-15T09:00"),
        ("2026-11-30T09:00", "quarter", 1, "2027-02-28T09:00"),
        ("2026-08-31T09:00", "biannual", 1, "2027-02-28T09:00"),
        ("2028-02-29T09:00", "year", 1, "2029-02-28T09:00"),
        ("2028-02-29T09:00", "year", 4, "2032-02-29T09:00"),
    ],
)
def test_calendar_arithmetic_clamps_month_ends(start: str, interval: str, count: int, end: str) -> None:
    assert add_intervals(datetime.fromisoformat(start), interval, count) == datetime.fromisoformat(end)


@given(
    start=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    interval=st.sampled_from(INTERVALS),
    count=st.integers(1, 1000),
)
def test_a_period_always_ends_and_keeps_the_time_of_day(start: datetime, interval: str, count: int) -> None:
    end = add_intervals(start, interval, count)
    assert end > start
    if interval != "hour":
        assert end.timetz() == start.timetz()
    if interval in {"month", "quarter", "biannual", "year"}:
        assert end.day == start.day or (end + timedelta(days=1)).day == 1


@given(
    anchor=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    interval=st.sampled_from(INTERVALS),
    count=st.integers(1, 12),
    periods=st.integers(1, 30),
)
def test_each_period_ends_a_multiple_of_the_interval_after_the_anchor(
    anchor: datetime, interval: str, count: int, periods: int
) -> None:
    end = anchor
    for number in range(1, periods + 1):
        end = next_period_end(end, anchor, interval, count)
        assert end == add_intervals(anchor, interval, number * count)
