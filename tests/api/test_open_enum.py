"""Open enums: known values are members, unknown values are kept."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from duro import Interval, Plan, SubscriptionStatus
from duro.api.codec import decode, encode
from duro.errors import DecodingError

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


def read(data, into=Plan):
    return decode(json.dumps(data).encode(), into)


class TestOpenEnums:
    def test_known_value_is_a_member(self):
        assert read(PLAN).interval is Interval.MONTH
        assert Interval.MONTH.is_known
        assert Interval.MONTH == "month"

    @pytest.mark.parametrize("text", ["fortnight", "", "MONTH", "name", "mro", "été", "a b", "__class__"])
    def test_unknown_value_is_kept_as_text(self, text):
        interval = read({**PLAN, "interval": text}).interval
        assert isinstance(interval, Interval)
        assert not interval.is_known
        assert (interval, interval.value, str(interval), f"{interval}") == (text,) * 4
        assert hash(interval) == hash(text)
        assert interval in {text, "other"}
        assert {interval: 1}[text] == 1
        assert text in repr(interval)

    def test_unknown_values_are_compared_and_sorted_as_text(self):
        made = [Interval(text) for text in ("year", "fortnight", "month", "decade")]
        assert sorted(made) == ["decade", "fortnight", "month", "year"]
        assert Interval("fortnight") == Interval("fortnight")
        assert Interval("fortnight") != Interval("decade")

    def test_unknown_values_do_not_become_members(self):
        Interval("fortnight")
        assert "fortnight" not in [member.value for member in Interval]
        assert len(Interval) == 7
        assert "fortnight" not in Interval._value2member_map_

    def test_unknown_value_is_encoded_unchanged(self):
        assert read({**PLAN, "interval": "fortnight"}).to_dict(wire=True)["interval"] == "fortnight"
        assert encode({"interval": Interval("fortnight")}) == b'{"interval":"fortnight"}'
        assert encode({"interval": Interval.MONTH}) == b'{"interval":"month"}'

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    @pytest.mark.parametrize("value", [Interval.MONTH, Interval("fortnight"), SubscriptionStatus("a b")])
    def test_every_value_pickles(self, value, protocol):
        twin = pickle.loads(pickle.dumps(value, protocol))  # noqa: S301
        assert (twin, type(twin), twin.is_known) == (value, type(value), value.is_known)

    @pytest.mark.parametrize("through", [copy.copy, copy.deepcopy])
    def test_every_value_can_be_copied(self, through):
        assert through(Interval("fortnight")) == "fortnight"
        assert through(Interval.MONTH) is Interval.MONTH

    @pytest.mark.parametrize("value", [1, None, True, ["month"], {"a": 1}])
    def test_value_that_is_not_a_string_is_rejected(self, value):
        with pytest.raises(DecodingError) as caught:
            read({**PLAN, "interval": value})
        assert caught.value.path == "$.interval"
        with pytest.raises(ValueError, match="is not a valid"):
            Interval(value)
