"""Statements that change a row past the row cache are found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duro.sandbox.storage.database import Database
from duro.sandbox.storage.rows import find, insert, update

from .cached_rows import check_cached_rows

AT = "2026-01-31T09:00:00.000Z"


@pytest.fixture
def store() -> Iterator[Database]:
    store = Database()
    with store.transaction() as db:
        insert(db, "customers", {"id": "cus_1", "name": "Ada", "created_at": AT})
    check_cached_rows(store)
    yield store
    store.close()


def test_a_change_of_the_cached_row_itself_is_accepted(store: Database) -> None:
    with store.transaction() as db:
        find(db, "customers", "cus_1")
        update(db, "customers", "cus_1", {"name": "Grace", "blacklisted": True})
    with store.transaction() as db:
        assert find(db, "customers", "cus_1")["name"] == "Grace"


@pytest.mark.parametrize("statement", ["UPDATE customers SET name = 'Grace'", "DELETE FROM customers"])
def test_a_change_past_the_cache_fails_the_commit(store: Database, statement: str) -> None:
    def change() -> None:
        with store.transaction() as db:
            find(db, "customers", "cus_1")
            db.execute(statement)

    with pytest.raises(AssertionError, match="cus_1 of customers"):
        change()
    with store.transaction() as db:
        assert find(db, "customers", "cus_1")["name"] == "Ada"


def test_the_check_runs_after_the_checks_of_a_strict_sandbox() -> None:
    store, checks = Database(), list[str]()
    store.check_commits(lambda _: None, lambda _: checks.append("strict"))
    check_cached_rows(store)
    with store.transaction():
        pass
    assert checks == ["strict"]
    store.close()
