"""The ledger: every charge that was ever tried, in the order in which it was."""

from __future__ import annotations

import sqlite3

from attrs import frozen

__all__ = ["Charge", "list_charges"]


@frozen
class Charge:
    """One attempt to take money.

    Attributes:
        invoice_id: The invoice it was to pay.
        customer_id: Whose money.
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


def list_charges(records: sqlite3.Connection) -> tuple[Charge, ...]:
    """List every charge, newest last."""
    rows = records.execute(
        "SELECT invoice_id, customer_id, amount, status, idempotency_key, created_at FROM transactions"
        " ORDER BY created_at, id"
    )
    return tuple(Charge(*row) for row in rows)
