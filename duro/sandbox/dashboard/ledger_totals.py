"""Totals of the ledger, by currency: money that was collected, refunded, that failed, and that is pending."""

from __future__ import annotations

import sqlite3
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


def find_totals(db: sqlite3.Connection) -> tuple[LedgerTotal, ...]:
    """Return the totals. The main currency is first and has a total of each kind.

    Args:
        db: Open transaction.
    """
    found = [LedgerTotal(*row) for row in db.execute("SELECT kind, currency, number, amount FROM ledger_totals")]
    main = {total.kind: total for total in found if total.currency == MAIN_CURRENCY}
    others = [total for total in found if total.currency != MAIN_CURRENCY]
    others.sort(key=lambda total: (total.currency, _KINDS.index(total.kind)))
    return (*(main.get(kind, LedgerTotal(kind, MAIN_CURRENCY, 0, 0)) for kind in _KINDS), *others)
