"""Hooks of models: created without their constructor, a model must be the same as one that was constructed."""

from __future__ import annotations

import traceback
from typing import get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import Event, Page, Plan
from duro.api.codec.converter import make_converter
from duro.api.codec.decoder import structure
from duro.api.codec.generated_hooks import can_generate_hook
from duro.errors import DecodingError
from tests.api.models.samples import EVENT, PLAN, plan
from tests.fuzz.examples import KINDS, MODELS, create_example

# The example of an event is of an unknown type.
NOT_EVENTS = [kind for kind in KINDS if not issubclass((*get_args(kind), kind)[0], Event)]


def read(data, kind):
    return structure(data, kind, body=b"")


@pytest.mark.parametrize("model_type", MODELS, ids=lambda kind: kind.__name__)
def test_every_model_of_the_package_is_created_without_its_constructor(model_type):
    assert can_generate_hook(model_type)


@pytest.mark.parametrize("kind", [Event, *NOT_EVENTS], ids=str)
def test_model_equals_a_constructed_one(kind):
    model = read(create_example(kind), kind)
    constructed = make_converter(detailed=True).structure(create_example(kind), kind)
    assert model == constructed
    assert repr(model) == repr(constructed)
    assert all(hasattr(model, each.name) for each in attrs.fields(type(model)))


@pytest.mark.parametrize("change", [{"maxCycles": ...}, {"maxCycles": 12}, {"newField": 1, "maxCycles": ...}])
def test_absent_and_unknown_members_are_those_of_a_constructed_model(change):
    data = {name: value for name, value in (PLAN | change).items() if value is not ...}
    assert read(data, Plan) == make_converter(detailed=True).structure(data, Plan)


def test_attributes_outside_the_constructor_have_their_default():
    event = read(EVENT, Event)
    assert event.secret_index is None
    assert attrs.evolve(event) == event


def test_models_do_not_share_the_dict_of_unknown_fields():
    first, second = read({"items": [PLAN, PLAN]}, Page[Plan]).items
    assert first.extra is not second.extra


@pytest.mark.parametrize("name", sorted(set(PLAN) - {"maxCycles"}))
def test_traceback_contains_the_statement_of_an_absent_member(name):
    read_plan = make_converter(detailed=False).get_structure_hook(Plan)
    with pytest.raises(KeyError) as caught:
        read_plan({key: value for key, value in PLAN.items() if key != name}, Plan)
    assert traceback.extract_tb(caught.tb)[-1].line == f"value = document[{name!r}]"


@given(
    st.dictionaries(
        st.sampled_from([*PLAN, "created_at", "extra", "x"]),
        st.sampled_from([*PLAN.values(), None, True, 1.5, "", [], {}, "2026-01-31"]),
    ).map(PLAN.__or__)
)
def test_both_converters_accept_the_same_data(data):
    detailed = make_converter(detailed=True)
    try:
        model = read(data, Plan)
    except DecodingError as error:
        assert error.path != "$"  # noqa: PT017 - either outcome is right
    else:
        assert detailed.structure(data, Plan) == model


class TestClassesOfTheUser:
    def test_converters_and_validators_run(self):
        @attrs.frozen(kw_only=True)
        class CheckedPlan(Plan):
            amount: int = attrs.field(validator=attrs.validators.gt(0))
            note: str = attrs.field(default="none", converter=str.upper)

        checked = CheckedPlan.from_dict({**PLAN, "note": "new"})
        assert (checked.amount, checked.note, CheckedPlan.from_dict(PLAN).note) == (500_000, "NEW", "NONE")
        with pytest.raises(DecodingError, match="amount"):
            CheckedPlan.from_dict({**PLAN, "amount": 0})

    def test_class_without_slots_is_decoded(self):
        @attrs.frozen(kw_only=True, slots=False)
        class NotedPlan(Plan):
            note: str | None = None

        members = {each.name: getattr(plan, each.name) for each in attrs.fields(Plan)}
        assert NotedPlan.from_dict({**PLAN, "note": "new"}) == NotedPlan(**members, note="new")

    def test_constructor_of_the_user_runs(self):
        @attrs.frozen(kw_only=True)
        class CountedPlan(Plan):
            created = 0

            def __init__(self, **members):
                CountedPlan.created += 1
                self.__attrs_init__(**members)

        class PlainPlan(CountedPlan):
            def __init__(self, **members):
                super().__init__(**{**members, "name": "plain"})

        assert CountedPlan.from_dict(PLAN).name == "Pro"
        assert PlainPlan.from_dict(PLAN).name == "plain"
        assert CountedPlan.created == 2

    def test_hash_that_the_class_caches_is_computed(self):
        @attrs.frozen(kw_only=True, cache_hash=True)
        class CachedPlan(Plan):
            pass

        assert hash(CachedPlan.from_dict(PLAN)) == hash(CachedPlan.from_dict(PLAN))

    @pytest.mark.parametrize("step", ["__attrs_pre_init__", "__attrs_post_init__"])
    def test_steps_before_and_after_the_constructor_run(self, step):
        calls = []
        body = {"__annotations__": {}, step: lambda _: calls.append(step)}
        model_type = attrs.frozen(kw_only=True)(type("WatchedPlan", (Plan,), body))
        assert model_type.from_dict(PLAN).name == "Pro"
        assert calls == [step]

    def test_default_that_is_a_factory_is_called(self):
        @attrs.frozen(kw_only=True)
        class TaggedPlan(Plan):
            tags: tuple[str, ...] = attrs.field(factory=tuple)

        assert TaggedPlan.from_dict(PLAN).tags == ()
        assert TaggedPlan.from_dict({**PLAN, "tags": ["new"]}).tags == ("new",)
