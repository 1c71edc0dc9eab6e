"""Ledger: all charges and refunds, in the order in which they happened."""

from __future__ import annotations

import sqlite3

from attrs import frozen

__all__ = ["Charge", "Refund", "count_charges", "list_charges", "list_refunds"]


@frozen
class Charge:
    """Attempt to collect money.

    Attributes:
        invoice_id: Id of the invoice. A wallet top-up has the id of its checkout session here.
        customer_id: Id of the customer. A wallet top-up has the id of the portal account here.
        amount: Minor units.
        status: ``pending``, ``succeeded`` or ``failed``.
        idempotency_key: Idempotency key of the charge, if any.
        at: Sandbox time of the attempt, in the API's format.
    """

    invoice_id: str
    customer_id: str
    amount: int
    status: str
    idempotency_key: str | None
    at: str


@frozen
class Refund:
    """Refund of a paid invoice.

    Attributes:
        invoice_id: Id of the invoice.
        customer_id: Id of the customer.
        amount: Minor units.
        reason: Reason that the caller gave, if any.
        idempotency_key: Idempotency key of the request, if any.
        at: Sandbox time of the refund, in the API's format.
    """

    invoice_id: str
    customer_id: str
    amount: int
    reason: str | None
    idempotency_key: str | None
    at: str


# A top-up is a contract between the account holder and Duro. The merchant does not see it, but it is a charge too.
_CHARGES = """
    SELECT invoice_id, customer_id, amount, status, idempotency_key, created_at, id FROM transactions
    UNION ALL
    SELECT session_id, account_id, amount, 'succeeded', idempotency_key, created_at, id FROM wallet_transactions
"""


def list_charges(db: sqlite3.Connection) -> tuple[Charge, ...]:
    """Return all charges, oldest first."""
    # Within one millisecond the ULID decides. The prefixes txn_ and wtx_ would group the rows by kind.
    rows = db.execute(f"SELECT * FROM ({_CHARGES}) ORDER BY created_at, substr(id, -26)")  # noqa: S608 - a constant
    return tuple(Charge(*row[:6]) for row in rows)


def count_charges(db: sqlite3.Connection) -> int:
    """Return the number of charges."""
    number: int = db.execute(f"SELECT count(*) FROM ({_CHARGES})").fetchone()[0]  # noqa: S608 - a constant
    return number


def list_refunds(db: sqlite3.Connection) -> tuple[Refund, ...]:
    """Return all refunds, oldest first."""
    rows = db.execute(
        "SELECT invoice_id, customer_id, amount, reason, idempotency_key, created_at FROM refunds"
        " ORDER BY created_at, id"
    )
    return tuple(Refund(*row) for row in rows)
