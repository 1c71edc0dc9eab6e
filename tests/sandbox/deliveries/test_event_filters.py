"""Event filters: endpoints are read once, and every change of an endpoint counts for the next event."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.clock import ClockSettings, timestamp
from duro.sandbox.deliveries.endpoints import EndpointCreate, insert_endpoint
from duro.sandbox.deliveries.event_filters import find_receivers

START = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend.open(None, 3600, ClockSettings("frozen", START, 7))
    yield backend
    backend.close()


def receivers(backend: Backend, event_type: str = "invoice_created") -> list[str]:
    with backend.store.transaction() as db:
        return find_receivers(db, event_type)


def test_an_endpoint_receives_the_types_of_its_filter_from_its_creation_to_its_removal(backend: Backend) -> None:
    assert receivers(backend) == []
    every = backend.endpoints.add("https://shop.example/all")
    assert receivers(backend) == [every.id]
    some = backend.endpoints.add("https://shop.example/some", events=["invoice_created"])
    assert receivers(backend) == [every.id, some.id]
    assert receivers(backend, "subscription_created") == [every.id]
    backend.endpoints.remove(every)
    assert receivers(backend) == [some.id]
    backend.endpoints.clear()
    assert receivers(backend) == []


def test_an_endpoint_of_a_rolled_back_transaction_does_not_receive_events(backend: Backend) -> None:
    body = EndpointCreate("https://shop.example/all")

    def add_and_fail(db: sqlite3.Connection) -> None:
        insert_endpoint(db, "we_1", body, timestamp(START))
        assert find_receivers(db, "invoice_created") == ["we_1"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        backend.transact(add_and_fail)
    assert receivers(backend) == []


def test_events_do_not_read_the_endpoints_again(backend: Backend) -> None:
    receivers(backend)
    statements: list[str] = []
    backend.transact(lambda db: db.set_trace_callback(statements.append))
    receivers(backend)
    backend.transact(lambda db: db.set_trace_callback(None))
    assert not [each for each in statements if "endpoints" in each]
