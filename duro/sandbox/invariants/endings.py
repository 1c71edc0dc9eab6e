"""Invariant: a subscription that was canceled or has expired is not charged, and nothing of it remains due."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["NO_CHARGE_AFTER_END"]

NO_CHARGE_AFTER_END: Final = Invariant(
    "no_charge_after_end",
    frozenset({"charge", "invoice", "status"}),
    """
    WITH ended AS (
        SELECT subject AS id, after AS status FROM changes
        WHERE kind = 'status' AND after IN ('canceled', 'expired')
    )
    SELECT
        'invoice ' || subject || ' must be of a running subscription, got a new '
        || kind || ' for one that is ' || subscription_status
    FROM changes
    WHERE kind IN ('charge', 'invoice') AND subscription_status IN ('canceled', 'expired')
    UNION ALL
    SELECT 'invoice ' || invoices.id || ' of a subscription that is ' || ended.status || ' must be closed, got open'
    FROM ended JOIN invoices ON subscription_id = ended.id AND invoices.status = 'open'
    UNION ALL
    SELECT
        'subscription ' || ended.id || ' is ' || ended.status || ' and must not have a due item, got ' || due_items.kind
    FROM ended JOIN due_items ON subject = ended.id
    """,
)
