"""Backoff: the attempts at 24, 72, 120 and 168 hours after the first failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duro.sandbox.recovery.backoff import MAX_ATTEMPTS, next_attempt_time

FIRST = datetime(2026, 2, 10, 9, tzinfo=UTC)


def test_offsets_count_from_the_first_failure() -> None:
    moments = [FIRST]
    for attempt in range(1, MAX_ATTEMPTS):
        moments.append(next_attempt_time(FIRST, moments[-1], attempt))
    assert [(moment - FIRST) / timedelta(hours=1) for moment in moments] == [0, 24, 72, 120, 168]


@pytest.mark.parametrize(("attempt", "hours"), [(1, 24), (2, 48), (3, 48), (4, 48)])
def test_after_a_long_wait_the_interval_counts_from_the_failure(attempt: int, hours: int) -> None:
    failed_at = FIRST + timedelta(days=18)
    assert next_attempt_time(FIRST, failed_at, attempt) == failed_at + timedelta(hours=hours)


def test_an_attempt_is_always_later_than_the_failure() -> None:
    at_the_offset = FIRST + timedelta(hours=72)
    assert next_attempt_time(FIRST, at_the_offset, 2) == at_the_offset + timedelta(hours=48)
