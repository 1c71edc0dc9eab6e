"""Invariant: a subscription has one invoice for each period, and its periods do not overlap."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["ONE_INVOICE_PER_PERIOD"]

ONE_INVOICE_PER_PERIOD: Final = Invariant(
    "one_invoice_per_period",
    frozenset({"invoice"}),
    """
    SELECT
        'subscription ' || issued.subscription_id || ' must have one invoice for the period from '
        || issued.period_start || ', got ' || issued.id || ' and ' || other.id
    FROM changes
    JOIN invoices AS issued ON issued.id = subject AND issued.kind = 'period'
    JOIN invoices AS other ON other.subscription_id = issued.subscription_id AND other.kind = 'period'
        AND other.period_start < issued.period_end AND other.period_end > issued.period_start
        AND other.id != issued.id
    WHERE changes.kind = 'invoice' AND before IS NULL
    """,
)
