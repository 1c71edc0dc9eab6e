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
        subscription_id: Id of the subscription. ``None`` for a one-off sale or a top-up.
        amount: Minor units.
        status: ``pending``, ``succeeded`` or ``failed``.
        failure_code: Code of the failure, such as ``51``. ``None`` after a success.
        attempt: Number of the attempt to charge the invoice, from 1.
        rail: Rail of the charge, such as ``card``.
        idempotency_key: Idempotency key of the charge, if any.
        at: Sandbox time of the attempt, in the API's format.
    """

    invoice_id: str
    customer_id: str
    subscription_id: str | None
    amount: int
    status: str
    failure_code: str | None
    attempt: int
    rail: str
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
    SELECT
        invoice_id, transactions.customer_id, subscription_id, transactions.amount, transactions.status, failure_code,
        attempt, rail, idempotency_key, transactions.created_at, transactions.id, transactions.rowid AS number
    FROM transactions JOIN invoices ON invoices.id = invoice_id
    UNION ALL
    SELECT
        session_id, account_id, NULL, amount, 'succeeded', NULL, 1, rail, idempotency_key, created_at, id, NULL
    FROM wallet_transactions
"""


def list_charges(db: sqlite3.Connection) -> tuple[Charge, ...]:
    """Return all charges, oldest first."""
    # Within one millisecond the number decides, and the ULID places the top-ups among the charges.
    rows = db.execute(f"SELECT * FROM ({_CHARGES}) ORDER BY created_at, number, substr(id, -26)")  # noqa: S608
    return tuple(Charge(*row[:10]) for row in rows)


def count_charges(db: sqlite3.Connection) -> int:
    """Return the number of charges."""
    number: int = db.execute(
        "SELECT (SELECT count(*) FROM transactions) + (SELECT count(*) FROM wallet_transactions)"
    ).fetchone()[0]
    return number


def list_refunds(db: sqlite3.Connection) -> tuple[Refund, ...]:
    """Return all refunds, oldest first."""
    rows = db.execute(
        "SELECT invoice_id, customer_id, amount, reason, idempotency_key, created_at FROM refunds"
        " ORDER BY created_at, rowid"
    )
    return tuple(Refund(*row) for row in rows)
