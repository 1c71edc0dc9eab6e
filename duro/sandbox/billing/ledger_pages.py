"""Pages of the ledger. Charges are in two tables, which are merged by their time."""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from ..errors import ApiError
from ..storage.pages import ListPage, Selection, select_rows
from .ledger import Charge, Refund

__all__ = ["select_charges", "select_refunds"]

# A top-up is a contract between the account holder and Duro. The merchant does not see it, but it is a charge too.
_SOURCES: Final = (
    """
    SELECT
        invoice_id, transactions.customer_id, subscription_id, transactions.amount, transactions.status, failure_code,
        attempt, rail, idempotency_key, transactions.created_at AS at, transactions.rowid AS number
    FROM transactions JOIN invoices ON invoices.id = invoice_id
    """,
    """
    SELECT
        session_id AS invoice_id, account_id AS customer_id, NULL AS subscription_id, amount, 'succeeded' AS status,
        NULL AS failure_code, 1 AS attempt, rail, idempotency_key, created_at AS at, rowid AS number
    FROM wallet_transactions
    """,
)
_MAX_NUMBER: Final = 2**62
# Time, index of the source, and number within the source.
_CURSOR: Final = re.compile(r"([0-9T:.Z-]{24})_([01])_([0-9]{1,18})", re.ASCII)

_Position = tuple[str, int, int]


def select_charges(db: sqlite3.Connection, selection: Selection) -> ListPage[Charge]:
    """Read a page of the charges. Only the rows of the page are read.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are attributes of ``Charge``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    cursor = None if selection.cursor is None else _parse_cursor(selection.cursor)
    found = [
        ((row["at"], index, row["number"]), row)
        for index in range(len(_SOURCES))
        for row in _read_source(db, index, cursor, selection)
    ]
    found.sort(key=lambda each: each[0], reverse=selection.newest_first)
    page = found[: selection.limit]
    following = "_".join(map(str, page[-1][0])) if len(found) > selection.limit else None
    return ListPage(tuple(Charge(*row[:-1]) for _, row in page), following)


def select_refunds(db: sqlite3.Connection, selection: Selection) -> ListPage[Refund]:
    """Read a page of the refunds.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are columns of ``refunds``.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    columns = ("invoice_id", "customer_id", "amount", "reason", "idempotency_key", "created_at")
    return select_rows(db, "refunds", selection).map(lambda row: Refund(*(row[column] for column in columns)))


def _read_source(
    db: sqlite3.Connection, index: int, cursor: _Position | None, selection: Selection
) -> list[sqlite3.Row]:
    comparison, direction = ("<", "DESC") if selection.newest_first else (">", "ASC")
    conditions, parameters = ["TRUE"], list[str | int]()
    for column, value in selection.filters.items():
        conditions.append(f"{column} = ?")
        parameters.append(value)
    if cursor is not None:
        at, source, number = cursor
        # Within one millisecond, all charges of the first source come before those of the second.
        conditions.append(f"(at, number) {comparison} (?, ?)")
        parameters += [at, number if index == source else _MAX_NUMBER if index < source else -1]
    return db.execute(
        f"SELECT * FROM ({_SOURCES[index]}) WHERE {' AND '.join(conditions)}"  # noqa: S608 - constants
        f" ORDER BY at {direction}, number {direction} LIMIT ?",
        (*parameters, selection.limit + 1),
    ).fetchall()


def _parse_cursor(text: str) -> _Position:
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise ApiError(400, "The cursor does not exist; follow the next link of a page of this list.")
    return match[1], int(match[2]), int(match[3])
