"""Data of billing events: rows in the contract's shapes, embedded in one another."""

from __future__ import annotations

import json
import sqlite3

from ..._json_types import JSONValue
from ..representation import customer_to_json, invoice_to_json, plan_to_json, subscription_to_json
from ..storage.rows import find

__all__ = ["invoice_event_data", "subscription_event_data"]


def subscription_event_data(db: sqlite3.Connection, subscription: sqlite3.Row) -> dict[str, JSONValue]:
    """Return the event data of a subscription: the subscription with its customer, plan and metadata.

    Args:
        db: Open transaction.
        subscription: Subscription after the change.
    """
    data: dict[str, JSONValue] = {
        "subscription": subscription_to_json(subscription),
        "customer": customer_to_json(find(db, "customers", subscription["customer_id"])),
        "plan": plan_to_json(find(db, "plans", subscription["plan_id"])),
    }
    return _add_metadata(data, subscription["metadata"])


def invoice_event_data(db: sqlite3.Connection, invoice: sqlite3.Row, amount: int) -> dict[str, JSONValue]:
    """Return the event data of an invoice: the invoice with its customer, and the id and metadata of its subscription.

    Args:
        db: Open transaction.
        invoice: Invoice after the change.
        amount: Amount charged or refunded, in minor units.
    """
    subscription_id = invoice["subscription_id"]
    # One statement for both: a renewal calls this function twice.
    customer = db.execute(
        "SELECT customers.*, metadata FROM customers LEFT JOIN subscriptions ON subscriptions.id = ?"
        " WHERE customers.id = ?",
        (subscription_id, invoice["customer_id"]),
    ).fetchone()
    data: dict[str, JSONValue] = {
        "invoice": invoice_to_json(invoice),
        "customer": customer_to_json(customer),
        "amount": amount,
    }
    if subscription_id:
        data["subscriptionId"] = subscription_id
    return _add_metadata(data, customer["metadata"])


def _add_metadata(data: dict[str, JSONValue], metadata: str | None) -> dict[str, JSONValue]:
    if metadata is not None:
        data["metadata"] = json.loads(metadata)
    return data
