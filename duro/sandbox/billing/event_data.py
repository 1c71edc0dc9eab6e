"""Data of billing events: rows in the contract's shapes, embedded in one another."""

from __future__ import annotations

import json
import sqlite3

from ..._json_types import JSONValue
from ..representation import customer_to_json, invoice_to_json, plan_to_json, subscription_to_json
from ..storage.rows import find
from ..unit_of_work import UnitOfWork

__all__ = ["invoice_event_data", "subscription_event_data"]


def subscription_event_data(uow: UnitOfWork, subscription: sqlite3.Row) -> dict[str, JSONValue]:
    """Return the event data of a subscription: the subscription with its customer, plan and metadata.

    Args:
        uow: Unit of work.
        subscription: Subscription after the change.
    """
    data: dict[str, JSONValue] = {
        "subscription": subscription_to_json(subscription),
        "customer": customer_to_json(find(uow.db, "customers", subscription["customer_id"])),
        "plan": plan_to_json(find(uow.db, "plans", subscription["plan_id"])),
    }
    return _add_metadata(data, subscription)


def invoice_event_data(uow: UnitOfWork, invoice: sqlite3.Row, amount: int) -> dict[str, JSONValue]:
    """Return the event data of an invoice: the invoice with its customer, and the id and metadata of its subscription.

    Args:
        uow: Unit of work.
        invoice: Invoice after the change.
        amount: Amount charged or refunded, in minor units.
    """
    data: dict[str, JSONValue] = {
        "invoice": invoice_to_json(invoice),
        "customer": customer_to_json(find(uow.db, "customers", invoice["customer_id"])),
        "amount": amount,
    }
    if not invoice["subscription_id"]:
        return data
    data["subscriptionId"] = invoice["subscription_id"]
    return _add_metadata(data, find(uow.db, "subscriptions", invoice["subscription_id"]))


def _add_metadata(data: dict[str, JSONValue], subscription: sqlite3.Row) -> dict[str, JSONValue]:
    if subscription["metadata"] is not None:
        data["metadata"] = json.loads(subscription["metadata"])
    return data
