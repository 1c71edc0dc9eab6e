"""Outbox: due deliveries, their order, and outcomes after a withdrawal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.clock import timestamp
from duro.sandbox.deliveries.outbox import Outcome
from duro.sandbox.events import record_event

FAILED = Outcome(500, "returned status 500")


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend.open(None, 3600)
    yield backend
    backend.close()


def record(backend: Backend, identifier: str) -> int:
    with backend.store.transaction() as db:
        return record_event(db, identifier, "invoice_created", timestamp(backend.clock.now()), {})


def list_due(backend: Backend) -> list[tuple[str, int]]:
    return [(each.event_id, each.attempt) for each in backend.outbox.due(backend.clock.now(), 10)]


def test_an_event_is_due_once_for_each_endpoint(backend: Backend) -> None:
    assert record(backend, "evt_0") == 0
    for port in (1, 2):
        backend.endpoints.add(f"http://127.0.0.1:{port}")
    assert record(backend, "evt_1") == 2
    assert list_due(backend) == [("evt_1", 1), ("evt_1", 1)]
    assert {each.url for each in backend.outbox.due(backend.clock.now(), 10)} == {
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
    }


def test_the_delivery_that_is_due_longest_comes_first(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_1")
    (first,) = backend.outbox.due(backend.clock.now(), 1)
    backend.outbox.settle(first, FAILED)
    assert list_due(backend) == []
    assert 59 < (backend.outbox.seconds_to_next(backend.clock.now()) or 0) <= 60
    backend.clock.advance(minutes=2)
    record(backend, "evt_2")
    assert list_due(backend) == [("evt_1", 2), ("evt_2", 1)]
    assert backend.outbox.seconds_to_next(backend.clock.now()) is None


@pytest.mark.parametrize("outcome", [Outcome(200), FAILED])
def test_an_outcome_after_a_withdrawal_is_ignored(backend: Backend, outcome: Outcome) -> None:
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_1")
    (late,) = backend.outbox.due(backend.clock.now(), 1)
    backend.endpoints.clear()
    backend.outbox.settle(late, outcome)
    assert (backend.deliveries.entries(), backend.stats().deliveries, list_due(backend)) == ((), 0, [])


def test_the_repr_of_a_due_delivery_hides_secret_and_payload(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1/whsec_needle", secret="whsec_needle")
    record(backend, "evt_1")
    (each,) = backend.outbox.due(backend.clock.now(), 1)
    assert "needle" not in repr(each)
    assert "createdAt" not in repr(each)
    assert each.secret.reveal() == "whsec_needle"


def test_a_delivery_that_becomes_due_between_two_calls_is_in_one_of_them(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_1")
    (first,) = backend.outbox.due(backend.clock.now(), 1)
    backend.outbox.settle(first, FAILED)
    now = backend.clock.now()
    assert backend.outbox.due(now, 1) == []
    backend.clock.advance(minutes=1)
    assert (backend.outbox.seconds_to_next(now) or 0) > 59
