"""Search of customers and subscriptions by the beginning of a text, through indexes."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..storage.pages import ListPage, Selection, cut_page, parse_position

__all__ = ["search_customers", "search_subscriptions"]

# A short text matches almost everybody. Each column contributes at most so many rows.
MAX_MATCHES: Final = 1000
_LAST_CHARACTER: Final = "\U0010ffff"

# Each of them is the first column of an index with this collation.
_COLUMNS: Final = ("id", "email COLLATE NOCASE", "name COLLATE NOCASE", "phone", "merchant_ref")
_MATCHES: Final = " UNION ".join(
    f"SELECT * FROM (SELECT rowid FROM customers WHERE {column} >= ? AND {column} < ? LIMIT {MAX_MATCHES})"  # noqa: S608 - constants
    for column in _COLUMNS
)
# Subscriptions by their own id, and those of matching customers.
_OWN_MATCHES: Final = f"""
    SELECT * FROM (SELECT rowid FROM subscriptions WHERE id >= ? AND id < ? LIMIT {MAX_MATCHES})
    UNION
    SELECT owned.rowid FROM customers CROSS JOIN subscriptions AS owned ON owned.customer_id = customers.id
    WHERE customers.rowid IN ({_MATCHES})
"""  # noqa: S608 - constants

_CUSTOMERS: Final = """
    SELECT
        customers.rowid AS position, customers.*,
        (SELECT count(*) FROM subscriptions WHERE customer_id = customers.id) AS subscriptions
    FROM customers
"""
_SUBSCRIPTIONS: Final = """
    SELECT
        subscriptions.rowid AS position, subscriptions.*, plans.name AS plan,
        coalesce(customers.name, email, phone, customers.id) AS customer
    FROM subscriptions
    CROSS JOIN customers ON customers.id = customer_id
    CROSS JOIN plans ON plans.id = plan_id
"""


def search_customers(db: sqlite3.Connection, text: str, selection: Selection) -> ListPage[sqlite3.Row]:
    """Read a page of the customers whose id, e-mail address, name, phone or reference begins with a text.

    Args:
        db: Open transaction.
        text: Beginning of one of them. An empty text matches all customers.
        selection: Page to read. It is newest first.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    query = _Query(_CUSTOMERS, "customers.rowid")
    if text:
        query.add(f"customers.rowid IN ({_MATCHES})", *_bounds(text))
    return query.run(db, selection)


def search_subscriptions(db: sqlite3.Connection, text: str, selection: Selection) -> ListPage[sqlite3.Row]:
    """Read a page of the subscriptions whose id begins with a text, or whose customer matches it.

    Args:
        db: Open transaction.
        text: Beginning of the id, or of a value of the customer. An empty text matches all subscriptions.
        selection: Page to read. Its filters are columns of ``subscriptions``. It is newest first.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    query = _Query(_SUBSCRIPTIONS, "subscriptions.rowid")
    for column, value in selection.filters.items():
        query.add(f"subscriptions.{column} = ?", value)
    if text:
        query.add(f"subscriptions.rowid IN ({_OWN_MATCHES})", text, text + _LAST_CHARACTER, *_bounds(text))
    return query.run(db, selection)


def _bounds(text: str) -> list[str]:
    return [text, text + _LAST_CHARACTER] * len(_COLUMNS)


class _Query:
    """Query whose conditions are added one by one.

    Args:
        select: Columns and tables.
        position: Column of the rowid, by which the rows are ordered, newest first.
    """

    def __init__(self, select: str, position: str) -> None:
        self._select = select
        self._position = position
        self._conditions = ["TRUE"]
        self._parameters = list[str | int]()

    def add(self, condition: str, *parameters: str | int) -> None:
        self._conditions.append(condition)
        self._parameters += parameters

    def run(self, db: sqlite3.Connection, selection: Selection) -> ListPage[sqlite3.Row]:
        if selection.cursor is not None:
            self.add(f"{self._position} < ?", parse_position(selection.cursor))
        rows = db.execute(
            f"{self._select} WHERE {' AND '.join(self._conditions)} ORDER BY {self._position} DESC LIMIT ?",
            (*self._parameters, selection.limit + 1),
        ).fetchall()
        return cut_page(rows, selection, lambda row: str(row["position"]))
