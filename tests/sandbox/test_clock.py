"""Sandbox clock: real time, and advances."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from duro.sandbox import Sandbox


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
    with pytest.raises(ValueError, match=r"clock|NaN"):
        sandbox.clock.advance(days=days)
    assert sandbox.clock.now() - datetime.now(UTC) < timedelta(minutes=1)
