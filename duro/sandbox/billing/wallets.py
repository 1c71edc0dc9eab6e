"""Wallets of portal accounts: top-ups, movements, virtual account numbers."""

from __future__ import annotations

import secrets
import sqlite3

from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork

__all__ = ["assign_virtual_account", "list_movements", "top_up_wallet"]


def top_up_wallet(uow: UnitOfWork, session: sqlite3.Row, rail: str) -> None:
    """Credit a wallet with the amount of a checkout session. The ledger lists the movement as a charge.

    Args:
        uow: Unit of work.
        session: Session of the kind ``topup`` that is being paid.
        rail: Rail of the payment.
    """
    account = find(uow.db, "accounts", session["account_id"])
    balance = account["balance"] + session["amount"]
    movement = {
        "id": uow.new_id("wtx"),
        "account_id": account["id"],
        "session_id": session["id"],
        "amount": session["amount"],
        "balance_after": balance,
        "rail": rail,
        "memo": "Top-up",
        "idempotency_key": uow.idempotency_key,
        "created_at": uow.at,
    }
    insert(uow.db, "wallet_transactions", movement)
    update(uow.db, "accounts", account["id"], {"balance": balance})


def list_movements(db: sqlite3.Connection, account: sqlite3.Row) -> list[sqlite3.Row]:
    """Return the movements of a wallet, newest first.

    Args:
        db: Open transaction.
        account: Portal account.
    """
    return db.execute(
        "SELECT * FROM wallet_transactions WHERE account_id = ? ORDER BY created_at DESC, id DESC", (account["id"],)
    ).fetchall()


def assign_virtual_account(db: sqlite3.Connection, account: sqlite3.Row) -> sqlite3.Row:
    """Assign a virtual account number to a portal account. A repeat keeps the number.

    Args:
        db: Open transaction.
        account: Portal account.

    Returns:
        The account with its number.
    """
    if account["account_number"] is not None:
        return account
    return update(db, "accounts", account["id"], {"account_number": f"9{secrets.randbelow(10**9):09}"})
