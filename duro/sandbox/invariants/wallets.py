"""Invariant: the balance of a wallet is the sum of its top-ups."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["BALANCE_MATCHES_TOP_UPS"]

BALANCE_MATCHES_TOP_UPS: Final = Invariant(
    "balance_matches_top_ups",
    frozenset({"wallet"}),
    """
    WITH touched AS (
        SELECT
            id,
            balance,
            (SELECT coalesce(sum(amount), 0) FROM wallet_transactions WHERE account_id = accounts.id) AS added
        FROM accounts
        WHERE id IN (SELECT subject FROM changes WHERE kind = 'wallet')
    )
    SELECT 'balance of account ' || id || ' must be ' || added || ', got ' || balance
    FROM touched WHERE balance != added
    """,
)
