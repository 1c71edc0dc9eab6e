"""Amounts, intervals and dates as customers read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duro.sandbox.checkout.money import format_amount, format_date, format_interval


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(0, "NGN", "₦0.00"), (500_000, "NGN", "₦5,000.00"), (105, "USD", "$1.05"), (99, "XOF", "XOF 0.99")],
)
def test_an_amount_has_its_currency_and_two_decimals(amount: int, currency: str, text: str) -> None:
    assert format_amount(amount, currency) == text


@pytest.mark.parametrize(
    ("interval", "count", "text"),
    [("month", 1, "every month"), ("day", 10, "every 10 days"), ("quarter", 2, "every 6 months")],
)
def test_an_interval_is_in_words(interval: str, count: int, text: str) -> None:
    assert format_interval(interval, count) == text


def test_a_date_has_the_month_in_words() -> None:
    assert format_date(datetime(2026, 12, 7, tzinfo=UTC)) == "7 December 2026"
