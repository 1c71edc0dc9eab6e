"""Transactions: the attempts to charge."""

from __future__ import annotations

import sqlite3
from typing import Final

from ...._json import JSONObject
from ...storage.rows import find
from ..dispatch import Call, Operation
from ..pagination import page_of

__all__ = ["OPERATIONS", "attempts_on"]


def to_json(transaction: sqlite3.Row) -> JSONObject:
    """Give a transaction the contract's shape."""
    return {
        "id": transaction["id"],
        "invoiceId": transaction["invoice_id"],
        "customerId": transaction["customer_id"],
        "status": transaction["status"],
        "amount": transaction["amount"],
        "rail": transaction["rail"],
        "failureCode": transaction["failure_code"],
        "reference": transaction["reference"],
        "createdAt": transaction["created_at"],
    }


def attempts_on(db: sqlite3.Connection, invoice_id: str) -> list[JSONObject]:
    """List the attempts to charge an invoice, in the order in which they were made."""
    rows = db.execute("SELECT * FROM transactions WHERE invoice_id = ? ORDER BY created_at, id", (invoice_id,))
    return [to_json(row) for row in rows]


def retrieve_transaction(call: Call) -> JSONObject:
    """``getTransaction``."""
    return to_json(find(call.db, "transactions", call.path["id"]))


def list_customer_transactions(call: Call) -> JSONObject:
    """``listCustomerTransactions``."""
    customer = find(call.db, "customers", call.path["id"])
    return page_of(call, "transactions", to_json, where="customer_id = ?", parameters=(customer["id"],))


OPERATIONS: Final = (
    Operation("GET", "/v1/transactions/{id}", retrieve_transaction),
    Operation("GET", "/v1/customers/{id}/transactions", list_customer_transactions),
)
