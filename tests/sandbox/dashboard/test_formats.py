"""Formats and charts of the dashboard: bounds, plurals, round numbers, and names that it does not know."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.clock import timestamp
from duro.sandbox.dashboard.charts import HEIGHT, MAX_DAYS, MIN_DAYS, WIDTH, RecoveryChart, draw_recovery_chart
from duro.sandbox.dashboard.formats import find_tone, format_relative, humanize, name_rail, shorten
from duro.sandbox.dashboard.navigation import select_navigation

NOW = datetime(2026, 6, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (-1, "1 second ago"),
        (59, "in 59 seconds"),
        (-3_600, "1 hour ago"),
        (86_400 * 29, "in 29 days"),
        (86_400 * 400, "in 1 year"),
    ],
)
def test_relative_time_uses_the_largest_unit(seconds: float, text: str) -> None:
    assert format_relative(timestamp(NOW + timedelta(seconds=seconds)), NOW) == text


@pytest.mark.parametrize(
    ("identifier", "text"), [("sub_1", "sub_1"), ("a" * 20, "…aaaaaa"), ("a" * 20 + "_b", "…aaaa_b")]
)
def test_identifier_is_shortened_without_a_long_prefix(identifier: str, text: str) -> None:
    assert shorten(identifier) == text


def test_rail_is_named_as_people_write_it() -> None:
    assert [humanize("ussd"), name_rail("ussd"), name_rail("direct_debit")] == ["USSD", "USSD", "direct debit"]


def test_channel_is_named_as_people_write_it() -> None:
    assert [humanize("whatsapp"), humanize("sms"), humanize("email")] == ["WhatsApp", "SMS", "Email"]


def test_unknown_status_has_a_plain_tone() -> None:
    assert (find_tone("active"), find_tone("new_status")) == ("good", "plain")


def test_navigation_leaves_out_pages_that_do_not_exist() -> None:
    groups = select_navigation(["/_sandbox/"])
    assert [[item.label for item in group.items] for group in groups] == [["Overview"]]


def draw(db: sqlite3.Connection, amount: int, started_at: str) -> RecoveryChart:
    """Draw the chart of one recovery that won back the amount, and delete the recovery."""
    db.execute("PRAGMA defer_foreign_keys = ON")
    db.execute(
        "INSERT INTO recoveries (invoice_id, state, amount, currency, started_at, changed_at)"
        " VALUES ('inv_1', 'recovered', ?, 'NGN', ?, ?)",
        (amount, started_at, timestamp(NOW)),
    )
    chart = draw_recovery_chart(db, "NGN", NOW)
    db.execute("DELETE FROM recoveries")
    return chart


@pytest.mark.parametrize(("age", "days"), [(0, MIN_DAYS), (40, 43), (1000, MAX_DAYS)])
def test_chart_begins_with_the_first_recovery_within_its_bounds(age: int, days: int) -> None:
    backend = Backend.open(None, 3600)
    started = timestamp(NOW - timedelta(days=age))
    with backend.store.transaction() as db:
        chart = draw(db, 430_000, started)
        empty = draw_recovery_chart(db, "NGN", NOW)
    backend.close()
    recovered, at_risk, lost = chart.lines
    assert [line.last for line in (recovered, at_risk, lost)] == [430_000, 0, 0]
    assert len(recovered.points.split()) == days
    assert recovered.points.endswith(f"{WIDTH}.0,{HEIGHT - HEIGHT * 43 / 50:.1f}")
    assert {line.last for line in empty.lines} == {0}


@pytest.mark.parametrize(
    ("largest", "step", "lines"),
    [
        (0, 100, 3),
        (1, 100, 3),
        (301, 100, 4),
        (1_001, 500, 3),
        (7_500, 2_500, 3),
        (20_100, 5_000, 5),
        (50_100, 20_000, 3),
        (100_000, 20_000, 5),
        (100_100, 25_000, 5),
        (150_100, 50_000, 4),
        (200_100, 50_000, 5),
        (430_000, 100_000, 5),
        (500_100, 200_000, 3),
        (800_100, 200_000, 5),
        (10**15 + 1, 250 * 10**12, 5),
    ],
)
def test_largest_amount_uses_most_of_the_height_of_a_chart_with_round_lines(
    largest: int, step: int, lines: int
) -> None:
    backend = Backend.open(None, 3600)
    with backend.store.transaction() as db:
        chart = draw(db, largest, timestamp(NOW))
    backend.close()
    assert [line.amount for line in chart.grid] == [step * number for number in range(lines + 1)]
    assert [line.y for line in chart.grid] == pytest.approx(
        [HEIGHT - HEIGHT * each / lines for each in range(lines + 1)]
    )
    top_of_line = float(chart.lines[0].points.rpartition(",")[2])
    assert 0 <= top_of_line <= HEIGHT / 3 or largest < 300
