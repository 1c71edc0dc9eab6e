"""Invariant: credit comes from plan changes and closed invoices, and is used by invoices only."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["CREDIT_MATCHES_INVOICES"]

CREDIT_MATCHES_INVOICES: Final = Invariant(
    "credit_matches_invoices",
    frozenset({"credit", "credit_grant", "credit_used"}),
    """
    WITH
        movements AS (
            SELECT subject AS id, after - before AS changed, 0 AS expected FROM changes WHERE kind = 'credit'
            UNION ALL
            SELECT subject, 0, after FROM changes WHERE kind = 'credit_grant'
            UNION ALL
            SELECT subject, 0, before - after FROM changes WHERE kind = 'credit_used'
        )
    SELECT 'credit of subscription ' || id || ' must change by ' || sum(expected) || ', got ' || sum(changed)
    FROM movements GROUP BY id HAVING sum(changed) != sum(expected)
    UNION ALL
    SELECT 'credit of subscription ' || subscriptions.id || ' must be at least 0, got ' || credit
    FROM movements JOIN subscriptions ON subscriptions.id = movements.id AND credit < 0
    """,
)
