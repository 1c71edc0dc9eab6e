"""Accounts: identities (phone numbers) and portal accounts (e-mail addresses), created at the first sign-in."""

from __future__ import annotations

import sqlite3

from ..storage.rows import find, insert
from ..unit_of_work import UnitOfWork

__all__ = ["get_or_create_account", "get_or_create_identity"]


def get_or_create_account(uow: UnitOfWork, email: str) -> sqlite3.Row:
    """Return the portal account of an e-mail address.

    Args:
        uow: Unit of work.
        email: Verified address.
    """
    row = uow.db.execute("SELECT id FROM accounts WHERE email = ?", (email,)).fetchone()
    identifier = row["id"] if row else uow.new_id("acc")
    if row is None:
        insert(uow.db, "accounts", {"id": identifier, "email": email, "created_at": uow.at})
    return find(uow.db, "accounts", identifier)


def get_or_create_identity(uow: UnitOfWork, phone: str) -> sqlite3.Row:
    """Return the identity of a phone number.

    Args:
        uow: Unit of work.
        phone: Verified number.
    """
    row = uow.db.execute("SELECT id FROM identities WHERE phone = ?", (phone,)).fetchone()
    identifier = row["id"] if row else uow.new_id("idn")
    if row is None:
        insert(uow.db, "identities", {"id": identifier, "phone": phone, "created_at": uow.at})
    return find(uow.db, "identities", identifier)
