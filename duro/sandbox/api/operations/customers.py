"""Customers: who subscribes and pays."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...errors import ApiError
from ...storage.rows import find, insert, update
from ...validation import Email, JSONMapping, Text, given_members
from ..dispatch import Call, Operation
from ..pagination import page_of

__all__ = ["OPERATIONS", "add_customer", "customers_of", "to_json"]


@frozen
class CustomerCreate:
    """The body of ``createCustomer``; metadata is checked, but no answer shows it."""

    email: Email | Unset = UNSET
    phone: Text | Unset = UNSET
    name: Text | Unset = UNSET
    merchant_ref: Text | Unset = UNSET
    metadata: JSONMapping | Unset = UNSET


@frozen
class CustomerBlacklist:
    """The body of ``blacklistCustomer``."""

    reason: Text | Unset = UNSET


def to_json(customer: sqlite3.Row) -> JSONObject:
    """Give a customer the contract's shape."""
    return {
        "id": customer["id"],
        "email": customer["email"],
        "phone": customer["phone"],
        "name": customer["name"],
        "merchantRef": customer["merchant_ref"],
        "blacklisted": bool(customer["blacklisted"]),
        "blacklistReason": customer["blacklist_reason"],
        "createdAt": customer["created_at"],
    }


def add_customer(call: Call, values: Mapping[str, object]) -> sqlite3.Row:
    """Add a customer.

    Args:
        call: The call.
        values: The value of each column that is known.

    Returns:
        The customer.
    """
    identifier = call.new_id("cus")
    insert(call.db, "customers", {"id": identifier, **values, "created_at": call.at})
    return find(call.db, "customers", identifier)


def list_customers(call: Call) -> JSONObject:
    """``listCustomers``."""
    return page_of(call, "customers", to_json)


def create_customer(call: Call) -> JSONObject:
    """``createCustomer``: a merchant's reference names one customer only."""
    body = call.read(CustomerCreate)
    if not isinstance(body.merchant_ref, Unset) and _by_ref(call, body.merchant_ref):
        raise ApiError(409, "Another customer has this merchantRef.")
    values = given_members(body)
    values.pop("metadata", None)
    return to_json(add_customer(call, values))


def retrieve_customer(call: Call) -> JSONObject:
    """``getCustomer``."""
    return to_json(find(call.db, "customers", call.path["id"]))


def retrieve_customer_by_ref(call: Call) -> JSONObject:
    """``getCustomerByRef``."""
    customer = _by_ref(call, call.path["ref"])
    if customer is None:
        raise ApiError(404, "There is no customer with this merchantRef.")
    return to_json(customer)


def blacklist_customer(call: Call) -> JSONObject:
    """``blacklistCustomer``: the last reason given counts, also if there is none."""
    customer = find(call.db, "customers", call.path["id"])
    reason = given_members(call.read(CustomerBlacklist)).get("reason")
    blacklisted = {"blacklisted": True, "blacklist_reason": reason}
    return to_json(update(call.db, "customers", customer["id"], blacklisted))


def customers_of(call: Call, *, email: str | None = None, phone: str | None = None) -> list[sqlite3.Row]:
    """List the customers who have an e-mail address or a phone number, oldest first; ``None`` is nobody's."""
    return call.db.execute(
        "SELECT * FROM customers WHERE email = ? OR phone = ? ORDER BY created_at, id", (email, phone)
    ).fetchall()


def _by_ref(call: Call, merchant_ref: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM customers WHERE merchant_ref = ?", (merchant_ref,)
    ).fetchone()
    return row


OPERATIONS: Final = (
    Operation("GET", "/v1/customers", list_customers),
    Operation("POST", "/v1/customers", create_customer, status=201),
    # Ahead of {id}, and with slashes: a merchant's reference may hold anything.
    Operation("GET", "/v1/customers/ref/{ref:path}", retrieve_customer_by_ref),
    Operation("GET", "/v1/customers/{id}", retrieve_customer),
    Operation("POST", "/v1/customers/{id}/blacklist", blacklist_customer),
)
