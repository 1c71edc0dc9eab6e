"""Invariant: the completed cycles of a subscription are its paid periods."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["CYCLES_MATCH_INVOICES"]

CYCLES_MATCH_INVOICES: Final = Invariant(
    "cycles_match_invoices",
    frozenset({"cycles", "invoice"}),
    """
    WITH movements AS (
        SELECT subject AS id, after - before AS counted, 0 AS paid FROM changes WHERE kind = 'cycles'
        UNION ALL
        SELECT subscription_id, 0, 1 FROM changes JOIN invoices ON invoices.id = subject AND invoices.kind = 'period'
        WHERE changes.kind = 'invoice' AND before = 'open' AND after = 'paid'
    )
    SELECT 'cycles of subscription ' || id || ' must increase by ' || sum(paid) || ', got ' || sum(counted)
    FROM movements GROUP BY id HAVING sum(counted) != sum(paid)
    """,
)
