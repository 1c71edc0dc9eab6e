"""Type inference samples of the models, checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Any, assert_type

from attrs import evolve

from duro import Event, Plan


def conversions(plan: Plan, event: Event) -> None:
    assert_type(plan.to_dict(), dict[str, Any])
    assert_type(plan.to_dict(wire=True), dict[str, Any])
    assert_type(plan.to_json(), str)
    assert_type(event.to_json(indent=2), str)
    assert_type(Plan.from_dict(plan.to_dict()), Plan)
    assert_type(Event.from_dict({"id": "evt_1"}), Event)
    assert_type(evolve(plan, amount=1), Plan)


def patterns(value: Plan | Event) -> str:
    match value:
        case Plan(amount=int() as amount):
            assert_type(amount, int)
            return value.name
        case Event():
            assert_type(value, Event)
            return value.id
