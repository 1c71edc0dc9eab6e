"""The tables: each of them is known, so a reset forgets none."""

from __future__ import annotations

from duro.sandbox.storage.database import Store
from duro.sandbox.storage.schema import TABLES


def test_every_table_is_listed_once() -> None:
    store = Store()
    with store.transaction() as db:
        rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    store.close()
    assert sorted(TABLES) == sorted(row["name"] for row in rows)
