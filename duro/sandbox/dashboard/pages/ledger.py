"""Ledger: the charges and refunds, with their totals."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from attrs import frozen

from ...backend import Backend
from ...billing.ledger import Charge, Refund
from ...billing.ledger_pages import select_charges, select_refunds
from ...storage.pages import ListPage, Selection
from ..ledger_totals import find_totals
from ..lists import build_options, read_selection
from ..names import find_customer_names
from ..navigation import ROOT
from ..page import DashboardPage, Visit

__all__ = ["PAGES"]

LIST: Final = f"{ROOT}/ledger"
STATUSES: Final = build_options(("succeeded", "failed", "pending"))
# Currency of a wallet top-up, which does not have an invoice.
TOP_UP_CURRENCY: Final = "NGN"


@frozen
class LedgerRow:
    """Charge or refund of the list.

    Attributes:
        entry: Entry of the ledger.
        currency: Currency of its invoice.
        customer: Name of the customer. ``None`` for the wallet of a person.
    """

    entry: Charge | Refund
    currency: str
    customer: str | None


def select_ledger_rows(db: sqlite3.Connection, selection: Selection, *, refunds: bool) -> ListPage[LedgerRow]:
    """Read a page of the charges or the refunds, with their currencies and customers.

    Args:
        db: Open transaction.
        selection: Page to read.
        refunds: Whether to read the refunds.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    page: ListPage[Charge | Refund] = select_refunds(db, selection) if refunds else select_charges(db, selection)
    currencies = _find_currencies(db, [entry.invoice_id for entry in page.entries])
    customers = find_customer_names(db, [entry.customer_id for entry in page.entries])
    return page.map(
        lambda entry: LedgerRow(
            entry, currencies.get(entry.invoice_id, TOP_UP_CURRENCY), customers.get(entry.customer_id)
        )
    )


def _find_currencies(db: sqlite3.Connection, invoices: Iterable[str]) -> Mapping[str, str]:
    rows = db.execute(
        "SELECT id, currency FROM invoices WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(invoices)),)
    )
    return {row["id"]: row["currency"] for row in rows}


def _view(backend: Backend, visit: Visit) -> Mapping[str, object]:
    refunds = visit.query.get("kind") == "refunds"
    filters = ("customer_id",) if refunds else ("customer_id", "status")
    selection = read_selection(visit.query, *filters)
    page = backend.transact(partial(select_ledger_rows, selection=selection, refunds=refunds))
    return {
        "rows": page.entries,
        "cursor": page.cursor,
        "refunds": refunds,
        "totals": backend.transact(find_totals),
        "statuses": STATUSES,
        "is_filtered": bool(selection.filters),
    }


PAGES: Final = (DashboardPage(LIST, "ledger.html", _view, LIST),)
