"""The outbox: what is due, in which order, and what a late outcome may still change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duro.sandbox.backend import World
from duro.sandbox.clock import timestamp
from duro.sandbox.deliveries.outbox import Outcome
from duro.sandbox.events import record_event

FAILED = Outcome(500, "answered 500")


@pytest.fixture
def world() -> Iterator[World]:
    world = World.open(None, 3600)
    yield world
    world.close()


def record(world: World, identifier: str) -> int:
    with world.store.transaction() as records:
        return record_event(records, identifier, "invoice_created", timestamp(world.clock.now()), {})


def due(world: World) -> list[tuple[str, int]]:
    return [(each.event_id, each.attempt) for each in world.outbox.due(world.clock.now(), 10)]


def test_an_event_is_due_once_for_each_endpoint(world: World) -> None:
    assert record(world, "evt_0") == 0
    for port in (1, 2):
        world.endpoints.add(f"http://127.0.0.1:{port}")
    assert record(world, "evt_1") == 2
    assert due(world) == [("evt_1", 1), ("evt_1", 1)]
    assert {each.url for each in world.outbox.due(world.clock.now(), 10)} == {
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
    }


def test_what_has_been_due_for_longest_comes_first(world: World) -> None:
    world.endpoints.add("http://127.0.0.1:1")
    record(world, "evt_1")
    (first,) = world.outbox.due(world.clock.now(), 1)
    world.outbox.settle(first, FAILED)
    assert due(world) == []
    assert 59 < (world.outbox.seconds_to_next(world.clock.now()) or 0) <= 60
    world.clock.advance(minutes=2)
    record(world, "evt_2")
    assert due(world) == [("evt_1", 2), ("evt_2", 1)]
    assert world.outbox.seconds_to_next(world.clock.now()) is None


@pytest.mark.parametrize("outcome", [Outcome(200), FAILED])
def test_an_outcome_that_comes_after_a_withdrawal_leaves_no_trace(world: World, outcome: Outcome) -> None:
    world.endpoints.add("http://127.0.0.1:1")
    record(world, "evt_1")
    (late,) = world.outbox.due(world.clock.now(), 1)
    world.endpoints.clear()
    world.outbox.settle(late, outcome)
    assert (world.deliveries.entries(), world.stats().deliveries, due(world)) == ((), 0, [])


def test_what_is_due_shows_neither_its_secret_nor_its_bytes(world: World) -> None:
    world.endpoints.add("http://127.0.0.1:1/whsec_needle", secret="whsec_needle")
    record(world, "evt_1")
    (each,) = world.outbox.due(world.clock.now(), 1)
    assert "needle" not in repr(each)
    assert "createdAt" not in repr(each)
    assert each.secret.reveal() == "whsec_needle"


def test_what_becomes_due_between_two_questions_is_not_forgotten(world: World) -> None:
    world.endpoints.add("http://127.0.0.1:1")
    record(world, "evt_1")
    (first,) = world.outbox.due(world.clock.now(), 1)
    world.outbox.settle(first, FAILED)
    now = world.clock.now()
    assert world.outbox.due(now, 1) == []
    world.clock.advance(minutes=1)
    assert (world.outbox.seconds_to_next(now) or 0) > 59
