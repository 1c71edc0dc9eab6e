"""Type inference samples of the models, checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Any, assert_type

from attrs import evolve
from pydantic import BaseModel, ConfigDict, TypeAdapter

from duro import Event, Interval, Page, Plan


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


class Offer(BaseModel):
    plan: Plan
    alternatives: Page[Plan]
    event: Event | None = None
    interval: Interval = Interval.MONTH


class PlanOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    amount: int


def pydantic_models(plan: Plan) -> None:
    offer = Offer(plan=plan, alternatives=Page(items=(plan,)))
    assert_type(offer.plan, Plan)
    assert_type(offer.alternatives.items, tuple[Plan, ...])
    assert_type(PlanOut.model_validate(plan), PlanOut)
    assert_type(TypeAdapter(Plan).validate_python({}), Plan)
