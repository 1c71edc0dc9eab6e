"""Totals of the ledger, by currency: money that was collected, refunded, that failed, and that is pending."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Final

from attrs import frozen

__all__ = ["LedgerTotal", "find_totals"]

# Currency of all wallet top-ups, and of nearly all invoices.
MAIN_CURRENCY: Final = "NGN"


@frozen
class LedgerTotal:
    """Sum of the charges with one status, or of the refunds, in one currency.

    Attributes:
        kind: ``succeeded``, ``failed``, ``pending`` or ``refunded``.
        currency: Currency code.
        number: Number of the charges or refunds.
        amount: Minor units.
    """

    kind: str
    currency: str
    number: int
    amount: int


_CHARGES: Final = "SELECT status AS kind, count(*) AS number, sum(amount) AS amount FROM transactions GROUP BY status"
_REFUNDS: Final = "SELECT 'refunded' AS kind, count(*) AS number, total(amount) AS amount FROM refunds"
_TOP_UPS: Final = "SELECT 'succeeded' AS kind, count(*) AS number, total(amount) AS amount FROM wallet_transactions"
# A join of all rows takes four times as long. Few sandboxes have invoices in another currency.
_OTHERS: Final = """
    SELECT kind, currency, count(*) AS number, sum(amount) AS amount FROM (
        SELECT transactions.status AS kind, currency, transactions.amount
        FROM invoices CROSS JOIN transactions ON invoice_id = invoices.id WHERE currency <> ?
        UNION ALL
        SELECT 'refunded', currency, refunds.amount
        FROM invoices CROSS JOIN refunds ON invoice_id = invoices.id WHERE currency <> ?
    ) GROUP BY kind, currency
"""


def find_totals(db: sqlite3.Connection) -> tuple[LedgerTotal, ...]:
    """Return the totals. The main currency is first and has a total of each kind.

    Args:
        db: Open transaction.
    """
    numbers: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for query in (_CHARGES, _REFUNDS, _TOP_UPS):
        for row in db.execute(query):
            numbers[row["kind"]] += row["number"]
            amounts[row["kind"]] += int(row["amount"])
    others = [LedgerTotal(*row) for row in db.execute(_OTHERS, (MAIN_CURRENCY, MAIN_CURRENCY))]
    for other in others:
        numbers[other.kind] -= other.number
        amounts[other.kind] -= other.amount
    main = [
        LedgerTotal(kind, MAIN_CURRENCY, numbers[kind], amounts[kind])
        for kind in ("succeeded", "refunded", "failed", "pending")
    ]
    return (*main, *others)
