"""Payday: the window of whole days, and the next 28th at 09:00."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.sandbox.recovery.payday import is_payday, next_payday


@pytest.mark.parametrize("day", [1, 2, 3, 28])
@pytest.mark.parametrize("time", ["00:00", "09:00", "23:59:59.999999"])
def test_the_window_has_whole_days(day: int, time: str) -> None:
    assert is_payday(datetime.fromisoformat(f"2026-03-{day:02} {time}Z"))


@pytest.mark.parametrize("moment", ["2026-03-04 00:00", "2026-03-27 23:59:59", "2026-03-29 00:00", "2026-03-31 12:00"])
def test_other_days_are_outside_the_window(moment: str) -> None:
    assert not is_payday(datetime.fromisoformat(f"{moment}Z"))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-02-10 14:30", "2026-02-28 09:00"),
        ("2026-02-28 08:59:59", "2026-02-28 09:00"),
        ("2026-02-28 09:00", "2026-03-28 09:00"),
        ("2026-01-31 00:00", "2026-02-28 09:00"),
        ("2026-12-29 00:00", "2027-01-28 09:00"),
        ("2028-02-29 12:00", "2028-03-28 09:00"),
    ],
)
def test_the_next_payday_is_a_28th_at_nine(moment: str, expected: str) -> None:
    assert next_payday(datetime.fromisoformat(f"{moment}Z")) == datetime.fromisoformat(f"{expected}Z")


@given(st.datetimes(max_value=datetime(8000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - see timezones
def test_the_next_payday_follows_within_a_month(moment: datetime) -> None:
    payday = next_payday(moment)
    assert (payday.day, payday.hour) == (28, 9)
    assert 0 < (payday - moment).total_seconds() <= 31 * 86_400
