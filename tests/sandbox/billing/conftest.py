"""Database and units of work without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from duro.sandbox.ids import IdGenerator
from duro.sandbox.storage.database import Database
from duro.sandbox.unit_of_work import UnitOfWork

WorkAt: TypeAlias = Callable[[str], UnitOfWork]


@pytest.fixture
def work_at() -> Iterator[WorkAt]:
    """Function that creates a unit of work at a time; all of them share one transaction."""
    database, ids = Database(), IdGenerator()

    def at(moment: str) -> UnitOfWork:
        return UnitOfWork(db, datetime.fromisoformat(moment).replace(tzinfo=UTC), ids, lambda: None)

    with database.transaction() as db:
        yield at
    database.close()
