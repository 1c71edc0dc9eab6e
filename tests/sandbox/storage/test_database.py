"""Database: the schema and its reset."""

from __future__ import annotations

from datetime import UTC, datetime

from duro.sandbox.billing.checkout_sessions import TOP_UP, open_checkout_session
from duro.sandbox.billing.wallets import top_up_wallet
from duro.sandbox.ids import IdGenerator
from duro.sandbox.storage.database import Database, clear, count
from duro.sandbox.storage.rows import insert
from duro.sandbox.unit_of_work import UnitOfWork


def test_clear_empties_every_table_although_rows_refer_to_others() -> None:
    database = Database()
    with database.transaction() as db:
        uow = UnitOfWork(db, datetime(2026, 6, 28, tzinfo=UTC), IdGenerator(), lambda: None)
        insert(db, "accounts", {"id": "acc_1", "email": "ada@example.com", "created_at": uow.at})
        values = {"kind": TOP_UP, "amount": 100, "currency": "NGN", "account_id": "acc_1"}
        top_up_wallet(uow, open_checkout_session(uow, values, "http://127.0.0.1"), "card")
        uow.emit("invoice_created", {})
    with database.transaction() as db:
        tables = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        filled = {table for table in tables if count(db, table)}
        assert filled == {"accounts", "checkout_sessions", "events", "wallet_transactions"}
        clear(db)
        assert [table for table in tables if count(db, table)] == []
    # The foreign keys are checked at the commit, which succeeded.
    database.close()
