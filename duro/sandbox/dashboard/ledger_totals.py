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


_KINDS: Final = ("succeeded", "refunded", "failed", "pending")
# One scan without a sort, which GROUP BY would need. Most charges succeed, so that the filters select few rows.
_CHARGES: Final = (
    "SELECT count(*), total(amount),"
    " count(*) FILTER (WHERE status = 'failed'), total(amount) FILTER (WHERE status = 'failed'),"
    " count(*) FILTER (WHERE status = 'pending'), total(amount) FILTER (WHERE status = 'pending') FROM transactions"
)
_OTHERS: Final = """
    SELECT transactions.status AS kind, currency, count(*), sum(transactions.amount)
    FROM invoices CROSS JOIN transactions ON invoice_id = invoices.id WHERE currency <> ? GROUP BY kind, currency
    UNION ALL
    SELECT 'refunded', currency, count(*), sum(refunds.amount)
    FROM invoices CROSS JOIN refunds ON invoice_id = invoices.id WHERE currency <> ? GROUP BY currency
"""


def find_totals(db: sqlite3.Connection) -> tuple[LedgerTotal, ...]:
    """Return the totals. The main currency is first and has a total of each kind.

    Args:
        db: Open transaction.
    """
    numbers: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    number, amount, failed, failed_amount, pending, pending_amount = map(int, db.execute(_CHARGES).fetchone())
    numbers.update(succeeded=number - failed - pending, failed=failed, pending=pending)
    amounts.update(succeeded=amount - failed_amount - pending_amount, failed=failed_amount, pending=pending_amount)
    for kind, table in (("succeeded", "wallet_transactions"), ("refunded", "refunds")):
        number, amount = db.execute(f"SELECT count(*), total(amount) FROM {table}").fetchone()  # noqa: S608 - constants
        numbers[kind] += number
        amounts[kind] += int(amount)
    others = _find_other_totals(db)
    for other in others:
        numbers[other.kind] -= other.number
        amounts[other.kind] -= other.amount
    return (*(LedgerTotal(kind, MAIN_CURRENCY, numbers[kind], amounts[kind]) for kind in _KINDS), *others)


def _find_other_totals(db: sqlite3.Connection) -> list[LedgerTotal]:
    """Return the totals of the other currencies. Few sandboxes have invoices in one, and the joins take long."""
    if db.execute("SELECT 1 FROM invoices WHERE currency <> ? LIMIT 1", (MAIN_CURRENCY,)).fetchone() is None:
        return []
    return [LedgerTotal(*row) for row in db.execute(_OTHERS, (MAIN_CURRENCY, MAIN_CURRENCY))]
