"""Terms of a sale: the price of each period, with the discount of a promo code for as long as it applies."""

from __future__ import annotations

import sqlite3

from ..billing.promo_codes import calculate_discount
from .money import format_amount, format_interval

__all__ = ["describe_terms"]


def describe_terms(plan: sqlite3.Row, promo_code: sqlite3.Row | None, currency: str) -> str:
    """Describe the payments of a subscription, such as ``₦2,500.00 once, then ₦5,000.00 every month``.

    Args:
        plan: Plan with the price of the sale.
        promo_code: Promo code of the sale, if it has one.
        currency: Currency code.
    """
    interval = format_interval(plan["interval"], plan["interval_count"])
    price = format_amount(plan["amount"], currency)
    if promo_code is None:
        return f"{price} {interval}"
    reduced = format_amount(plan["amount"] - calculate_discount(promo_code, plan["amount"]), currency)
    if promo_code["duration"] == "forever":
        return f"{reduced} {interval}"
    payments = promo_code["duration_cycles"] or 1
    if payments == 1:
        return f"{reduced} once, then {price} {interval}"
    return f"{reduced} {interval} for {payments} payments, then {price}"
