"""Invariant: an invoice is paid at most once."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["PAID_AT_MOST_ONCE"]

PAID_AT_MOST_ONCE: Final = Invariant(
    "paid_at_most_once",
    frozenset({"charge", "invoice"}),
    """
    SELECT 'invoice ' || invoice_id || ' must be paid at most once, got ' || count(*) || ' successful charges'
    FROM transactions
    WHERE status = 'succeeded' AND invoice_id IN (SELECT subject FROM changes WHERE kind IN ('charge', 'invoice'))
    GROUP BY invoice_id HAVING count(*) > 1
    """,
)
