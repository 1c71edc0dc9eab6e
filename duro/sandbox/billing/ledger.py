"""The ledger: every charge that was ever tried and every refund, in the order in which they happened."""

from __future__ import annotations

import sqlite3

from attrs import frozen

__all__ = ["Charge", "Refund", "count_charges", "list_charges", "list_refunds"]


@frozen
class Charge:
    """One attempt to take money.

    Attributes:
        invoice_id: The invoice it was to pay; a wallet's top-up has none, and names its checkout session.
        customer_id: Whose money; a wallet's top-up names the portal account.
        amount: Minor units.
        status: ``pending``, ``succeeded`` or ``failed``.
        idempotency_key: The key of the call that caused it, if it had one.
        at: The sandbox's time, as the API writes it.
    """

    invoice_id: str
    customer_id: str
    amount: int
    status: str
    idempotency_key: str | None
    at: str


@frozen
class Refund:
    """Money given back.

    Attributes:
        invoice_id: The invoice that had been paid.
        customer_id: Who got it.
        amount: Minor units.
        reason: Why, if the caller said so.
        idempotency_key: The key of the call that caused it, if it had one.
        at: The sandbox's time, as the API writes it.
    """

    invoice_id: str
    customer_id: str
    amount: int
    reason: str | None
    idempotency_key: str | None
    at: str


# A top-up is between a person and Duro: no invoice of the merchant, but money that was taken all the same.
_CHARGES = """
    SELECT invoice_id, customer_id, amount, status, idempotency_key, created_at, id FROM transactions
    UNION ALL
    SELECT session_id, account_id, amount, 'succeeded', idempotency_key, created_at, id FROM wallet_transactions
"""


def list_charges(db: sqlite3.Connection) -> tuple[Charge, ...]:
    """List every charge, newest last."""
    # Within a millisecond, the 26 characters behind the prefix tell the order.
    rows = db.execute(f"SELECT * FROM ({_CHARGES}) ORDER BY created_at, substr(id, -26)")  # noqa: S608 - our own words
    return tuple(Charge(*row[:6]) for row in rows)


def count_charges(db: sqlite3.Connection) -> int:
    """Count the charges."""
    number: int = db.execute(f"SELECT count(*) FROM ({_CHARGES})").fetchone()[0]  # noqa: S608 - our own words
    return number


def list_refunds(db: sqlite3.Connection) -> tuple[Refund, ...]:
    """List every refund, newest last."""
    rows = db.execute(
        "SELECT invoice_id, customer_id, amount, reason, idempotency_key, created_at FROM refunds"
        " ORDER BY created_at, id"
    )
    return tuple(Refund(*row) for row in rows)
