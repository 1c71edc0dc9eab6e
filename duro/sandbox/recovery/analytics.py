"""Figures about failed charges and their recovery."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..._json_types import JSONObject

__all__ = ["summarize_failures"]

# An invoice counts from the first decision of the engine, under its present status.
_TOTALS: Final = """
    SELECT
        coalesce(sum(amount) FILTER (WHERE status = 'open'), 0) AS in_flight,
        coalesce(sum(amount) FILTER (WHERE status = 'paid'), 0) AS recovered,
        coalesce(sum(amount) FILTER (WHERE status = 'uncollectible'), 0) AS exhausted
    FROM invoices WHERE id IN (SELECT invoice_id FROM decisions)
"""
_FAILURES: Final = """
    SELECT failure_code, count(*) AS number
    FROM transactions WHERE status = 'failed' GROUP BY failure_code ORDER BY failure_code
"""


def summarize_failures(db: sqlite3.Connection) -> JSONObject:
    """Return the totals of failed renewals.

    Args:
        db: Open transaction.

    Returns:
        Totals in minor units, the recovered share of all settled recoveries, and the number of failed charges of any
        kind by failure code.
    """
    totals = db.execute(_TOTALS).fetchone()
    settled = totals["recovered"] + totals["exhausted"]
    return {
        "inFlight": totals["in_flight"],
        "recovered": totals["recovered"],
        "exhausted": totals["exhausted"],
        "recoveryRate": totals["recovered"] / settled if settled else 0,
        "byFailureCode": {row["failure_code"]: row["number"] for row in db.execute(_FAILURES)},
    }
