"""Unit of work: ids, time and events of one transaction."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duro.sandbox.events import list_events
from duro.sandbox.ids import IdGenerator
from duro.sandbox.storage.database import Database
from duro.sandbox.storage.rows import insert
from duro.sandbox.unit_of_work import UnitOfWork

NOW = datetime(2026, 6, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize("endpoints", [0, 1, 2])
def test_an_event_wakes_deliveries_only_if_there_is_an_endpoint(endpoints: int) -> None:
    database, woken = Database(), []
    with database.transaction() as db:
        for number in range(endpoints):
            values = {
                "id": f"we_{number}",
                "url": "http://127.0.0.1",
                "secret": "whsec_1",
                "events": "[]",
                "created_at": "2026",
            }
            insert(db, "endpoints", values)
        uow = UnitOfWork(db, NOW, IdGenerator(), lambda: woken.append(True))
        uow.emit("invoice_created", {"amount": 1})
        (event,) = list_events(db)
    database.close()
    assert (event.type, event.at) == ("invoice_created", "2026-06-28T09:00:00.000Z")
    assert event.id.startswith("evt_")
    assert len(woken) == min(endpoints, 1)


def test_a_rolled_back_unit_leaves_no_event() -> None:
    database = Database()

    def emit_and_fail(uow: UnitOfWork) -> None:
        uow.emit("invoice_created", {})
        raise RuntimeError

    with pytest.raises(RuntimeError), database.transaction() as db:
        emit_and_fail(UnitOfWork(db, NOW, IdGenerator(), lambda: None))
    with database.transaction() as db:
        assert list_events(db) == ()
    database.close()
