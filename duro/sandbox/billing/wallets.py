"""Wallets: a portal account's own money, and the movements that made it."""

from __future__ import annotations

import sqlite3

from ..api.dispatch import Call
from ..storage.rows import find, insert, update

__all__ = ["movements_of", "top_up_wallet"]


def top_up_wallet(call: Call, session: sqlite3.Row) -> None:
    """Credit the wallet that a checkout session was opened for; the ledger counts the movement as a charge.

    Args:
        call: The call.
        session: A session of the kind ``topup``, about to be completed.
    """
    account = find(call.db, "accounts", session["account_id"])
    balance = account["balance"] + session["amount"]
    movement = {
        "id": call.new_id("wtx"),
        "account_id": account["id"],
        "session_id": session["id"],
        "amount": session["amount"],
        "balance_after": balance,
        "memo": "Top-up",
        "idempotency_key": call.idempotency_key,
        "created_at": call.at,
    }
    insert(call.db, "wallet_transactions", movement)
    update(call.db, "accounts", account["id"], {"balance": balance})


def movements_of(call: Call, account: sqlite3.Row) -> list[sqlite3.Row]:
    """List the movements of an account's wallet, newest first."""
    return call.db.execute(
        "SELECT * FROM wallet_transactions WHERE account_id = ? ORDER BY created_at DESC, id DESC", (account["id"],)
    ).fetchall()
