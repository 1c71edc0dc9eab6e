"""Recoveries: invoices whose renewal failed, with their present state and amount."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal, TypeAlias

from attrs import frozen

from ..storage.pages import ListPage, Selection, cut_page, parse_position
from ..unit_of_work import UnitOfWork

__all__ = [
    "RECOVERY_STATES",
    "RecoveryState",
    "RecoveryTotal",
    "count_recoveries",
    "end_recovery",
    "save_recovery",
    "select_recoveries",
]

# An invoice at risk waits for a new card, or its recovery is turned off. One that recovers has a time of its next
# attempt. One that is lost is uncollectible, or its subscription was canceled.
RecoveryState: TypeAlias = Literal["at_risk", "recovering", "recovered", "lost"]
RECOVERY_STATES: Final[tuple[RecoveryState, ...]] = ("at_risk", "recovering", "recovered", "lost")


@frozen
class RecoveryTotal:
    """Recoveries of one state and currency.

    Attributes:
        state: State of the recoveries.
        currency: Currency of the amount.
        number: Number of the recoveries.
        amount: Sum of their amounts in minor units.
    """

    state: RecoveryState
    currency: str
    number: int
    amount: int


def save_recovery(uow: UnitOfWork, invoice: sqlite3.Row, state: RecoveryState) -> None:
    """Store the state of the recovery of an invoice.

    Args:
        uow: Unit of work.
        invoice: Open invoice whose charge failed.
        state: State after the decision.
    """
    uow.db.execute(
        "INSERT INTO recoveries (invoice_id, state, amount, currency, started_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (invoice_id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at",
        (invoice["id"], state, invoice["amount"], invoice["currency"], uow.at, uow.at),
    )


def end_recovery(uow: UnitOfWork, invoice_id: str, state: Literal["recovered", "lost"]) -> None:
    """End the recovery of an invoice. An invoice without one is ignored.

    Args:
        uow: Unit of work.
        invoice_id: Id of the invoice, which is paid or closed.
        state: Final state.
    """
    uow.db.execute(
        "UPDATE recoveries SET state = ?, changed_at = ? WHERE invoice_id = ?",
        (state, uow.at, invoice_id),
    )


def count_recoveries(db: sqlite3.Connection) -> tuple[RecoveryTotal, ...]:
    """Return the totals of all recoveries by currency and state. The currency with most recoveries is first.

    Args:
        db: Open transaction.
    """
    rows = db.execute("SELECT state, currency, count(*), sum(amount) FROM recoveries GROUP BY currency, state")
    totals = [RecoveryTotal(*row) for row in rows]
    numbers: dict[str, int] = {}
    for total in totals:
        numbers[total.currency] = numbers.get(total.currency, 0) + total.number
    totals.sort(key=lambda total: (-numbers[total.currency], total.currency, RECOVERY_STATES.index(total.state)))
    return tuple(totals)


def select_recoveries(db: sqlite3.Connection, state: RecoveryState, selection: Selection) -> ListPage[sqlite3.Row]:
    """Read a page of the recoveries in a state, the latest change first. Only the rows of the page are read.

    Args:
        db: Open transaction.
        state: State of the recoveries.
        selection: Page to read. Its filters are not used.

    Returns:
        Rows with the columns of ``recoveries``, and with ``customer_id``, ``subscription_id``, ``customer``,
        ``invoice_status``, ``attempt``, ``reason`` and ``next_at``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    condition, parameters = "", list[str | int]()
    if selection.cursor is not None:
        at, _, number = selection.cursor.rpartition("_")
        condition, parameters = "AND (changed_at, recoveries.rowid) < (?, ?)", [at, parse_position(number)]
    rows = db.execute(
        f"{_RECOVERIES} WHERE state = ? {condition} ORDER BY changed_at DESC, recoveries.rowid DESC LIMIT ?",
        (state, *parameters, selection.limit + 1),
    ).fetchall()
    return cut_page(rows, selection, lambda row: f"{row['changed_at']}_{row['position']}")


_RECOVERIES: Final = """
    SELECT
        recoveries.rowid AS position, recoveries.*, invoices.customer_id, invoices.subscription_id,
        invoices.status AS invoice_status, coalesce(customers.name, email, phone, customers.id) AS customer,
        decisions.attempt, decisions.reason, decisions.next_at
    FROM recoveries
    CROSS JOIN invoices ON invoices.id = recoveries.invoice_id
    CROSS JOIN customers ON customers.id = invoices.customer_id
    CROSS JOIN decisions ON decisions.id = (
        SELECT max(latest.id) FROM decisions AS latest WHERE latest.invoice_id = recoveries.invoice_id
    )
"""
