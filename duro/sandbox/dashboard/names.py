"""Names of customers, for lists whose rows have only their ids."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from attrs import frozen

__all__ = ["CustomerName", "find_customer_names", "find_customers_of_events"]


@frozen
class CustomerName:
    """Customer in a list.

    Attributes:
        id: Id of the customer.
        name: Name of the customer, or an address, a phone number or the id.
    """

    id: str
    name: str


def find_customer_names(db: sqlite3.Connection, ids: Iterable[str]) -> Mapping[str, str]:
    """Return the names of customers by their ids. Without a name, it is an address, a phone number or the id.

    Args:
        db: Open transaction.
        ids: Ids of the customers. Ids of other objects are ignored.
    """
    rows = db.execute(
        "SELECT id, coalesce(name, email, phone, id) FROM customers WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return dict(rows)


def find_customers_of_events(db: sqlite3.Connection, ids: Iterable[str]) -> Mapping[str, CustomerName]:
    """Return the customers of events by the ids of the events. Events without a customer are left out.

    Args:
        db: Open transaction.
        ids: Ids of the events.
    """
    rows = db.execute(
        "SELECT events.id, customers.id, coalesce(name, email, phone, customers.id)"
        " FROM events CROSS JOIN customers ON customers.id = customer_id"
        " WHERE events.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {event: CustomerName(customer, name) for event, customer, name in rows}
