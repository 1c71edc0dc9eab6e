"""Pure rules of the model: ends of periods, proration, discounts, and the decision after a failed charge."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from fractions import Fraction

from .records import Plan, Promo

__all__ = [
    "CARD_CATEGORIES",
    "MICROSECOND",
    "decide",
    "discount_of",
    "end_of_period",
    "prorate",
    "round_half_up",
]

MONTHS = {"month": 1, "quarter": 3, "biannual": 6, "year": 12}
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
OFFSETS = [timedelta(hours=hours) for hours in (0, 24, 72, 120, 168)]
RAILS = ["card", "ussd", "transfer", "virtual_account", "direct_debit"]
MICROSECOND = timedelta(microseconds=1)
CARD_CATEGORIES = {"expired_card", "card_not_supported"}
PAYDAYS = {28, 1, 2, 3}


def clamp_day(moment: datetime, day: int) -> datetime:
    return moment.replace(day=min(day, monthrange(moment.year, moment.month)[1]))


def end_of_period(start: datetime, plan: Plan, billing_day: int) -> datetime:
    """Return the end of a period that begins at `start`."""
    if plan.interval in SPANS:
        return start + plan.count * SPANS[plan.interval]
    months = start.year * 12 + start.month - 1 + plan.count * MONTHS[plan.interval]
    return clamp_day(start.replace(year=months // 12, month=months % 12 + 1, day=1), billing_day)


def round_half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def prorate(paid: int, new: Fraction, share: Fraction) -> int:
    """Return the price of a change for a share of the period: positive for a charge, negative for a credit."""
    value = share * (new - paid)
    return round_half_up(value) if value >= 0 else -round_half_up(-value)


def discount_of(promo: Promo, amount: int) -> int:
    if promo.type == "fixed":
        return min(promo.value, amount)
    return round_half_up(Fraction(amount * promo.value, 100))


def next_payday(now: datetime) -> datetime:
    payday = now.replace(day=28, hour=9, minute=0, second=0)
    if payday > now:
        return payday
    return (payday + timedelta(days=5)).replace(day=28)


def decide(categories: list[str], rails: list[str], first: datetime, now: datetime) -> tuple[str, str, datetime | None]:
    """Return the action, the rail and the time of the next attempt, after the attempts with these categories."""
    done, category, rail = len(categories), categories[-1], rails[-1]
    if done >= 5:
        return "exhaust", None, None
    if category in CARD_CATEGORIES:
        return "request_card_update", rail, None
    later = first + OFFSETS[done]
    if later <= now:
        later = now + OFFSETS[done] - OFFSETS[done - 1]
    if category == "hard_decline" and categories.count("hard_decline") > 1:
        return "switch_rail", RAILS[RAILS.index(rail) + 1], later
    if category == "insufficient_funds" and now.day not in PAYDAYS:
        return "retry_payday", rail, next_payday(now)
    return "retry", rail, later
