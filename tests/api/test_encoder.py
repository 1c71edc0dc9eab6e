"""Encoder: request bodies, and models that survive a round trip."""

from __future__ import annotations

import json
import pickle
import string
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from attrs import fields
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duro import UNSET, Customer, OpenEnum, Plan, Subscription, Transaction
from duro.api.codec import decode, encode, encode_json, to_plain
from duro.api.models.base import Model
from duro.api.models.subscriptions import PlanChangeResult
from duro.errors import DecodingError, InvalidArgumentError
from tests.support.subclasses import find_subclasses

PLAN = {
    "id": "plan_1",
    "name": "Pro",
    "amount": 500_000,
    "currency": "NGN",
    "interval": "month",
    "intervalCount": 1,
    "trialDays": 0,
    "maxCycles": None,
    "createdAt": "2026-01-31T10:00:00.000Z",
}


class TestEncoding:
    def test_python_names_become_wire_names_unset_is_left_out_and_none_is_null(self):
        assert encode({"interval_count": 2, "max_cycles": None, "trial_days": UNSET}) == (
            b'{"intervalCount":2,"maxCycles":null}'
        )
        assert encode({"a": UNSET}) == b"{}"

    def test_names_in_metadata_are_unchanged(self):
        assert encode({"metadata": {"snake_case": 1, "camelCase": 2}}) == b'{"metadata":{"snake_case":1,"camelCase":2}}'

    @pytest.mark.parametrize(
        ("timestamp", "text"),
        [
            (datetime(2026, 1, 31, 10, tzinfo=UTC), "2026-01-31T10:00:00.000Z"),
            (datetime(2026, 1, 31, 10, tzinfo=timezone(timedelta(hours=1))), "2026-01-31T09:00:00.000Z"),
            (datetime(2026, 1, 31, 10, 0, 0, 123_456, tzinfo=UTC), "2026-01-31T10:00:00.123456Z"),
            (date(2026, 1, 31), "2026-01-31"),
        ],
    )
    def test_datetimes_become_text(self, timestamp, text):
        assert json.loads(encode({"at": timestamp})) == {"at": text}

    @pytest.mark.parametrize(
        "value",
        [
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 31),  # noqa: DTZ001
            float("nan"),
            float("inf"),
            ...,
            {1, 2},
            b"bytes",
            1j,
            {("a",): 1},
            print,
        ],
        ids=repr,
    )
    def test_value_without_a_json_form_is_rejected(self, value):
        for place in (value, [value], {"a": [value]}):
            with pytest.raises(InvalidArgumentError):
                encode({"metadata": place})

    def test_circular_and_deeply_nested_values_are_rejected(self):
        cycle = []
        cycle.append(cycle)
        with pytest.raises(InvalidArgumentError):
            encode_json(cycle)
        deep = []
        for _ in range(100_000):
            deep = [deep]
        with pytest.raises(InvalidArgumentError):
            encode_json(deep)

    @pytest.mark.parametrize("text", ["é", "😀", "\u2028", "\ud800", "\x00", '"\\'])
    def test_any_text_is_encoded(self, text):
        assert json.loads(encode_json(text)) == text

    def test_from_dict_rejects_data_that_breaks_the_contract(self):
        with pytest.raises(DecodingError) as caught:
            Plan.from_dict({**PLAN, "amount": None})
        assert caught.value.path == "$.amount"


WIRE_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


TIMESTAMPS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


EXTRA = st.dictionaries(
    st.text(string.ascii_letters, min_size=1).map(lambda name: f"x{name}"),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WIRE_TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WIRE_TEXT, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


def models_of(kind):
    """Return a strategy for models of a class, with unknown enum values and unknown fields."""
    return st.builds(kind, **{each.name: values_of(each) for each in fields(kind)})


def values_of(attribute):
    if attribute.name == "extra":
        return EXTRA
    by_text = {
        "str": WIRE_TEXT,
        "int": st.integers(),
        "bool": st.booleans(),
        "datetime": TIMESTAMPS,
        **{enum.__name__: WIRE_TEXT.map(enum) | st.sampled_from(enum) for enum in find_subclasses(OpenEnum)},
        **{model.__name__: st.deferred(lambda model=model: models_of(model)) for model in find_subclasses(Model)},
    }
    annotation = getattr(attribute.type, "__name__", None) or str(attribute.type)
    text = (
        annotation if isinstance(attribute.type, type) else str(attribute.type).replace("datetime.datetime", "datetime")
    )
    name, _, optional = text.partition(" | ")
    return by_text[name] | st.none() if optional else by_text[name]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Customer, Plan, Subscription, Transaction, PlanChangeResult])
def test_models_survive_a_round_trip(kind):
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(models_of(kind))
    def check_round_trip(model):
        assert decode(encode_json(model.to_dict(wire=True)), kind) == model
        assert kind.from_dict(to_plain(model)) == model
        assert pickle.loads(pickle.dumps(model)) == model  # noqa: S301

    check_round_trip()
