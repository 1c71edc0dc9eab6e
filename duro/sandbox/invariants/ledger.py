"""Invariant: the charges of an invoice have its amount if it is paid, and the refunds do not exceed them."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["LEDGER_MATCHES_INVOICES"]

LEDGER_MATCHES_INVOICES: Final = Invariant(
    "ledger_matches_invoices",
    frozenset({"charge", "invoice", "refund"}),
    """
    WITH touched AS (
        SELECT
            id,
            CASE status WHEN 'paid' THEN amount ELSE 0 END AS paid,
            (
                SELECT coalesce(sum(amount), 0) FROM transactions
                WHERE invoice_id = invoices.id AND status = 'succeeded'
            ) AS charged,
            (SELECT coalesce(sum(amount), 0) FROM refunds WHERE invoice_id = invoices.id) AS refunded
        FROM invoices
        WHERE id IN (SELECT subject FROM changes WHERE kind IN ('charge', 'invoice', 'refund'))
    )
    SELECT 'charges of invoice ' || id || ' must have the sum ' || paid || ', got ' || charged
    FROM touched WHERE charged != paid
    UNION ALL
    SELECT 'refunds of invoice ' || id || ' must have a sum of at most ' || paid || ', got ' || refunded
    FROM touched WHERE refunded > paid
    """,
)
