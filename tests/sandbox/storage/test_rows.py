"""Rows: read once in a transaction, and equal to those of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest

from duro.sandbox.storage.connection import MAX_ROWS, cached, forget, rows_of
from duro.sandbox.storage.database import Database, clear, savepoint
from duro.sandbox.storage.rows import add, find, insert, update

CARD: Final = {
    "id": "card_1",
    "customer_id": "cus_1",
    "brand": "visa",
    "last4": "4242",
    "exp_month": 12,
    "exp_year": 2029,
    "is_default": True,
    "is_replacement": False,
    "created_at": "2026-01-31T09:00:00.000Z",
}


class RollbackError(Exception):
    """Error that ends a block in a test."""


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    with database.transaction() as db:
        insert(db, "customers", {"id": "cus_1", "name": "Ada", "created_at": CARD["created_at"]})
    yield database
    database.close()


def read(db: sqlite3.Connection, table: str) -> sqlite3.Row:
    row: sqlite3.Row = db.execute(f"SELECT * FROM {table}").fetchone()  # noqa: S608 - a constant
    return row


def count_customers(db: sqlite3.Connection) -> int:
    number: int = db.execute("SELECT count(*) FROM customers").fetchone()[0]
    return number


def test_an_added_row_equals_the_stored_one(database: Database) -> None:
    with database.transaction() as db:
        added = add(db, "cards", CARD)
        assert added == read(db, "cards")
        assert find(db, "cards", "card_1") is added
        assert type(added["is_default"]) is int


def test_an_updated_row_equals_the_stored_one(database: Database) -> None:
    with database.transaction() as db:
        find(db, "customers", "cus_1")
        updated = update(db, "customers", "cus_1", {"blacklisted": True, "blacklist_reason": "fraud"})
        assert updated == read(db, "customers")
        assert updated.keys() == read(db, "customers").keys()
        assert find(db, "customers", "cus_1") is updated
        assert update(db, "customers", "cus_1", {}) == updated


def test_a_transaction_reads_a_row_once(database: Database) -> None:
    statements: list[str] = []
    with database.transaction() as db:
        db.set_trace_callback(statements.append)
        update(db, "customers", "cus_1", {"name": "Bola"})
        assert find(db, "customers", "cus_1")["name"] == update(db, "customers", "cus_1", {})["name"] == "Bola"
        db.set_trace_callback(None)
    assert [statement.split()[0] for statement in statements] == ["UPDATE", "SELECT"]


def test_the_next_transaction_reads_a_row_again(database: Database) -> None:
    with database.transaction() as db:
        find(db, "customers", "cus_1")
        db.execute("UPDATE customers SET name = 'Bola'")
    with database.transaction() as db:
        assert find(db, "customers", "cus_1")["name"] == "Bola"


def test_a_rollback_to_a_savepoint_restores_rows_and_results(database: Database) -> None:
    with database.transaction() as db:
        with suppress(RollbackError), savepoint(db):
            update(db, "customers", "cus_1", {"name": "Bola"})
            insert(db, "customers", {"id": "cus_2", "created_at": CARD["created_at"]})
            assert cached(db, count_customers) == 2
            raise RollbackError
        assert find(db, "customers", "cus_1")["name"] == "Ada"
        assert cached(db, count_customers) == 1


def test_a_result_is_kept_until_it_is_forgotten_or_rolled_back(database: Database) -> None:
    with database.transaction() as db:
        insert(db, "customers", {"id": "cus_2", "created_at": CARD["created_at"]})
        assert cached(db, count_customers) == 2
        insert(db, "customers", {"id": "cus_3", "created_at": CARD["created_at"]})
        assert cached(db, count_customers) == 2
        forget(db, count_customers)
        assert cached(db, count_customers) == 3
    with suppress(RollbackError), database.transaction() as db:
        forget(db, count_customers)
        insert(db, "customers", {"id": "cus_4", "created_at": CARD["created_at"]})
        assert cached(db, count_customers) == 4
        raise RollbackError
    with database.transaction() as db:
        assert cached(db, count_customers) == 3
        clear(db)
        assert cached(db, count_customers) == 0


def test_a_transaction_keeps_a_limited_number_of_rows(database: Database) -> None:
    with database.transaction() as db:
        for number in range(MAX_ROWS + 1):
            add(db, "cards", {**CARD, "id": f"card_{number}"})
        assert len(rows_of(db)) <= MAX_ROWS
        assert find(db, "cards", "card_0")["id"] == "card_0"
