"""Database: the schema and its reset."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from duro.sandbox.billing.checkout_sessions import TOP_UP, open_checkout_session
from duro.sandbox.billing.wallets import top_up_wallet
from duro.sandbox.ids import IdGenerator
from duro.sandbox.storage.database import Database, clear, count
from duro.sandbox.storage.rows import insert
from duro.sandbox.unit_of_work import UnitOfWork

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def test_clear_empties_every_table_although_rows_refer_to_others() -> None:
    database = Database()
    with database.transaction() as db:
        uow = UnitOfWork(db, datetime(2026, 6, 28, tzinfo=UTC), IdGenerator(), lambda: None)
        insert(db, "accounts", {"id": "acc_1", "email": "ada@example.com", "created_at": uow.at})
        values = {"kind": TOP_UP, "price": 100, "currency": "NGN", "account_id": "acc_1"}
        top_up_wallet(uow, open_checkout_session(uow, values, "http://127.0.0.1"), "card")
        uow.emit("invoice_created", {})
    with database.transaction() as db:
        tables = [row["name"] for row in db.execute(TABLES).fetchall()]
        filled = {table for table in tables if count(db, table)}
        assert filled == {
            "accounts",
            "checkout_sessions",
            "due_items",
            "events",
            "ledger_totals",
            "wallet_transactions",
        }
        clear(db)
        assert [table for table in tables if count(db, table)] == []
    # The foreign keys are checked at the commit, which succeeded.
    database.close()


def test_a_database_in_memory_has_the_schema_of_a_file(tmp_path: Path) -> None:
    schemas = []
    for path in (None, tmp_path / "state.db"):
        database = Database(path)
        with database.transaction() as db:
            objects = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
            (version,) = db.execute("PRAGMA user_version").fetchone()
        database.close()
        schemas.append((version, [tuple(row) for row in objects]))
    assert schemas[0] == schemas[1]
    assert len(schemas[0][1]) > 20


def test_an_error_without_a_code_of_sqlite_is_raised_as_it_is() -> None:
    database = Database()
    with pytest.raises(sqlite3.ProgrammingError, match="bindings"), database.transaction() as db:
        db.execute("SELECT ?")
    database.close()
