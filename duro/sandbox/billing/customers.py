"""Customers: add, find, blacklist."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ..errors import ApiError
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork

__all__ = [
    "add_customer",
    "blacklist_customer",
    "check_not_blacklisted",
    "find_customer_by_ref",
    "find_customers",
]


def add_customer(uow: UnitOfWork, values: Mapping[str, object]) -> sqlite3.Row:
    """Add a customer.

    Args:
        uow: Unit of work.
        values: Values by column.

    Returns:
        The customer.

    Raises:
        ApiError: Another customer has the same ``merchant_ref`` (409).
    """
    reference = values.get("merchant_ref")
    if isinstance(reference, str) and find_customer_by_ref(uow.db, reference):
        raise ApiError(409, "Another customer has this merchantRef.")
    identifier = uow.new_id("cus")
    insert(uow.db, "customers", {"id": identifier, **values, "created_at": uow.at})
    return find(uow.db, "customers", identifier)


def blacklist_customer(uow: UnitOfWork, customer: sqlite3.Row, reason: str | None) -> sqlite3.Row:
    """Blacklist a customer. A repeat replaces the reason.

    Args:
        uow: Unit of work.
        customer: Customer to blacklist.
        reason: Reason, or ``None`` to remove the previous one.

    Returns:
        The updated customer.
    """
    return update(uow.db, "customers", customer["id"], {"blacklisted": True, "blacklist_reason": reason})


def check_not_blacklisted(customer: sqlite3.Row) -> None:
    """Check that a customer may pay.

    Raises:
        ApiError: The customer is blacklisted (403).
    """
    if customer["blacklisted"]:
        raise ApiError(403, "The customer is on the blacklist.")


def find_customer_by_ref(db: sqlite3.Connection, merchant_ref: str) -> sqlite3.Row | None:
    """Return the customer with a merchant's reference, if there is one.

    Args:
        db: Open transaction.
        merchant_ref: Reference that the merchant chose.
    """
    row: sqlite3.Row | None = db.execute("SELECT * FROM customers WHERE merchant_ref = ?", (merchant_ref,)).fetchone()
    return row


def find_customers(db: sqlite3.Connection, *, email: str | None = None, phone: str | None = None) -> list[sqlite3.Row]:
    """Return the customers with an e-mail address or phone number, oldest first.

    Args:
        db: Open transaction.
        email: E-mail address. ``None`` matches nobody.
        phone: Phone number, with a plus sign or without. ``None`` matches nobody.
    """
    digits = phone and phone.removeprefix("+")
    return db.execute(
        "SELECT * FROM customers WHERE email = ? OR phone IN (?, '+' || ?) ORDER BY created_at, id",
        (email, digits, digits),
    ).fetchall()
