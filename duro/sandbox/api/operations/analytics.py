"""Analytics: what failed, and what came back."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...._json import JSONObject
from ..dispatch import Call, Operation

__all__ = ["OPERATIONS", "summarize_failures"]

# An invoice counts once a charge for it has failed, by where it stands now.
_TOTALS: Final = """
    SELECT
        coalesce(sum(amount) FILTER (WHERE status = 'open'), 0) AS in_flight,
        coalesce(sum(amount) FILTER (WHERE status = 'paid'), 0) AS recovered,
        coalesce(sum(amount) FILTER (WHERE status = 'uncollectible'), 0) AS exhausted
    FROM invoices WHERE id IN (SELECT invoice_id FROM transactions WHERE status = 'failed')
"""
_FAILURES: Final = """
    SELECT coalesce(failure_code, 'unknown') AS code, count(*) AS number
    FROM transactions WHERE status = 'failed' GROUP BY code ORDER BY code
"""


def summarize_failures(db: sqlite3.Connection) -> JSONObject:
    """Sum failed charges up.

    Args:
        db: The open transaction.

    Returns:
        Totals in minor units, the share of what is settled that was recovered,
        and the number of failed charges for each failure code.
    """
    totals = db.execute(_TOTALS).fetchone()
    settled = totals["recovered"] + totals["exhausted"]
    return {
        "inFlight": totals["in_flight"],
        "recovered": totals["recovered"],
        "exhausted": totals["exhausted"],
        "recoveryRate": totals["recovered"] / settled if settled else 0,
        "byFailureCode": {row["code"]: row["number"] for row in db.execute(_FAILURES)},
    }


def get_failures(call: Call) -> JSONObject:
    """``getAnalyticsFailures``."""
    return summarize_failures(call.db)


OPERATIONS: Final = (Operation("GET", "/v1/analytics/failures", get_failures),)
