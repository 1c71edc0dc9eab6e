"""Outbox: due deliveries, their order, and outcomes after a withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.clock import ClockSettings, timestamp
from duro.sandbox.deliveries.due_delivery import DueDelivery, Outcome
from duro.sandbox.events import record_event

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
FAILED = Outcome(500, "returned status 500", "sorry")


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend.open(None, 3600, ClockSettings("frozen", START))
    yield backend
    backend.close()


def record(backend: Backend, identifier: str) -> int:
    with backend.store.transaction() as db:
        return record_event(db, identifier, "invoice_created", timestamp(backend.clock.now()), {})


def due_of(backend: Backend, endpoint: int = 0) -> DueDelivery | None:
    return backend.outbox.next_due(list(backend.endpoints)[endpoint].id, backend.clock.now())


def pending(backend: Backend) -> list[tuple[str, int]]:
    return [(each.event_id, each.attempt) for each in backend.deliveries.pending]


def test_an_event_is_due_once_for_each_endpoint(backend: Backend) -> None:
    assert record(backend, "evt_0") == 0
    urls = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    ids = [backend.endpoints.add(url).id for url in urls]
    assert record(backend, "evt_1") == 2
    assert pending(backend) == [("evt_1", 1), ("evt_1", 1)]
    assert sorted(backend.outbox.read_state(backend.clock.now()).due) == sorted(ids)
    found = [due_of(backend, 0), due_of(backend, 1)]
    assert [(each.url, each.event_id, each.attempt) for each in found if each] == [(url, "evt_1", 1) for url in urls]


def test_an_endpoint_with_a_filter_receives_these_types_only(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1", events=["subscription_paused", "invoice_created"])
    backend.endpoints.add("http://127.0.0.1:2", events=["subscription_paused"])
    assert record(backend, "evt_1") == 1
    assert [each.url for each in backend.deliveries.pending] == ["http://127.0.0.1:1"]


def test_the_delivery_that_is_due_longest_comes_first(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_1")
    first = due_of(backend)
    assert first is not None
    backend.outbox.settle(first, FAILED)
    assert due_of(backend) is None
    assert backend.outbox.next_time(after=START) == START + timedelta(minutes=1)
    backend.clock.advance(minutes=2)
    record(backend, "evt_2")
    assert pending(backend) == [("evt_1", 2), ("evt_2", 1)]
    second = due_of(backend)
    assert second is not None
    assert (second.event_id, second.attempt) == ("evt_1", 2)
    assert backend.outbox.next_time(after=backend.clock.now()) is None


@pytest.mark.parametrize("way", ["removal", "reset"])
@pytest.mark.parametrize("outcome", [Outcome(200), FAILED])
def test_an_outcome_after_a_withdrawal_is_ignored(backend: Backend, outcome: Outcome, way: str) -> None:
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_1")
    late = due_of(backend)
    assert late is not None
    backend.endpoints.clear() if way == "removal" else backend.reset()
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_2")
    backend.outbox.settle(late, outcome)
    assert (len(backend.deliveries), backend.stats().deliveries, pending(backend)) == (0, 0, [("evt_2", 1)])


def test_the_repr_of_a_due_delivery_hides_secret_and_payload(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1/whsec_needle", secret="whsec_needle")
    record(backend, "evt_1")
    each = due_of(backend)
    assert each is not None
    assert "needle" not in repr(each)
    assert "createdAt" not in repr(each)
    assert each.secret.reveal() == "whsec_needle"


def test_a_delivery_that_becomes_due_between_two_calls_is_in_one_of_them(backend: Backend) -> None:
    backend.endpoints.add("http://127.0.0.1:1")
    record(backend, "evt_1")
    first = due_of(backend)
    assert first is not None
    backend.outbox.settle(first, FAILED)
    now = backend.clock.now()
    assert backend.outbox.read_state(now).due == ()
    backend.clock.advance(minutes=1)
    assert backend.outbox.next_time(after=now) is not None
