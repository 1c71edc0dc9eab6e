"""Decoder: responses to models, unknown fields, and errors with a path."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duro import Page, Plan, Subscription, SubscriptionStatus
from duro._secrets import SecretBytes
from duro.api.codec import decode, decode_json
from duro.api.models.analytics import RecoverySummary
from duro.api.models.subscriptions import PlanChangeResult
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


SUBSCRIPTION = {
    "id": "sub_1",
    "status": "active",
    "planId": "plan_1",
    "currentPeriodStart": None,
    "currentPeriodEnd": "2026-03-01T00:00:00.000Z",
    "cyclesCompleted": 2,
    "createdAt": "2026-01-31T10:00:00.000Z",
}


def read(data, into=Plan):
    return decode(json.dumps(data).encode(), into)


class TestDecoding:
    def test_wire_names_become_python_names(self):
        plan = read({**PLAN, "intervalCount": 3, "trialDays": 14, "maxCycles": 12})
        assert (plan.interval_count, plan.trial_days, plan.max_cycles) == (3, 14, 12)

    @pytest.mark.parametrize(
        ("text", "timestamp"),
        [
            ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-01-31T10:00:00.123Z", datetime(2026, 1, 31, 10, 0, 0, 123_000, tzinfo=UTC)),
            ("2026-01-31T11:00:00+01:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-01-31T10:00:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ],
    )
    def test_timestamps_become_aware_datetimes(self, text, timestamp):
        created_at = read({**PLAN, "createdAt": text}).created_at
        assert created_at == timestamp
        assert created_at.utcoffset() is not None

    def test_bare_and_wrapped_responses_are_equal(self):
        assert read({"ok": True, "data": PLAN}) == read(PLAN)
        assert read({"ok": True, "data": {"items": [PLAN]}}, Page[Plan]) == read({"items": [PLAN]}, Page[Plan])

    @pytest.mark.parametrize("ok", [1, "true", False, None])
    def test_data_without_ok_is_not_unwrapped(self, ok):
        with pytest.raises(DecodingError):
            read({"ok": ok, "data": PLAN})
        with pytest.raises(DecodingError):
            read({"data": PLAN})

    def test_model_with_a_member_data_is_not_unwrapped(self):
        assert read({**PLAN, "data": {"id": "other"}}).id == "plan_1"

    def test_nullable_fields_are_optional(self):
        data = {name: value for name, value in PLAN.items() if name != "maxCycles"}
        assert read(data).max_cycles is None

    def test_nested_models_are_decoded(self):
        result = read(
            {"subscription": SUBSCRIPTION, "proration": {"amount": -5, "kind": "credit", "note": 1}}, PlanChangeResult
        )
        assert result.subscription.status is SubscriptionStatus.ACTIVE
        assert (result.proration.kind, result.proration.extra) == ("credit", {"note": 1})

    def test_page_has_items_cursor_and_has_more(self):
        page = read({"items": [PLAN, PLAN], "nextCursor": "c", "hasMore": True}, Page[Plan])
        assert (len(page.items), page.next_cursor, page.has_more) == (2, "c", True)
        assert read({"items": []}, Page[Plan]) == Page(items=())

    def test_models_are_frozen(self):
        with pytest.raises(AttributeError):
            read(PLAN).name = "other"


class TestUnknownFields:
    def test_unknown_fields_keep_their_wire_names_and_are_encoded_again(self):
        data = {**PLAN, "newField": {"deep": [1]}, "archived": None}
        plan = read(data)
        assert plan.extra == {"newField": {"deep": [1]}, "archived": None}
        assert plan.to_dict(wire=True) == data

    def test_extra_is_empty_by_default(self):
        assert read(PLAN).extra == {}

    def test_unknown_fields_are_compared(self):
        assert read({**PLAN, "x": 1}) != read(PLAN)

    def test_member_named_extra_is_unknown(self):
        data = {**PLAN, "extra": {"a": 1}}
        assert read(data).extra == {"extra": {"a": 1}}
        assert read(data).to_dict(wire=True) == data

    @pytest.mark.parametrize("name", ["created_at", "interval_count", "max_cycles"])
    def test_python_names_are_unknown_on_the_wire(self, name):
        assert read({**PLAN, name: "x"}).extra == {name: "x"}

    @pytest.mark.parametrize("name", ["self", "__class__", "to_dict", "", "a b"])
    def test_unusual_names_are_kept(self, name):
        assert read({**PLAN, name: 1}).extra == {name: 1}

    def test_pages_drop_unknown_fields(self):
        assert read({"items": [], "total": 5}, Page[Plan]) == Page(items=())


class TestInvalidResponses:
    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"amount": "500"}, "$.amount"),
            ({"amount": 5.0}, "$.amount"),
            ({"amount": True}, "$.amount"),
            ({"amount": None}, "$.amount"),
            ({"name": None}, "$.name"),
            ({"name": 7}, "$.name"),
            ({"intervalCount": "1"}, "$.intervalCount"),
            ({"createdAt": "yesterday"}, "$.createdAt"),
            ({"createdAt": 1_700_000_000}, "$.createdAt"),
            ({"createdAt": "0001-01-01T00:00:00+00:01"}, "$.createdAt"),
            ({"createdAt": "9999-12-31T23:59:59-23:59"}, "$.createdAt"),
            ({"maxCycles": "12"}, "$.maxCycles"),
        ],
    )
    def test_error_has_the_path_and_the_body(self, change, path):
        body = json.dumps({**PLAN, **change}).encode()
        with pytest.raises(DecodingError, match=r"\$\.") as caught:
            decode(body, Plan)
        assert (caught.value.path, caught.value.body) == (path, body)
        assert path in str(caught.value)

    @pytest.mark.parametrize("name", ["id", "amount", "createdAt", "intervalCount"])
    def test_path_of_a_missing_member(self, name):
        with pytest.raises(DecodingError) as caught:
            read({key: value for key, value in PLAN.items() if key != name})
        assert caught.value.path == f"$.{name}"

    def test_path_in_a_list(self):
        items = [PLAN, PLAN, PLAN, {**PLAN, "amount": "5"}]
        with pytest.raises(DecodingError) as caught:
            read({"items": items}, Page[Plan])
        assert caught.value.path == "$.items[3].amount"
        with pytest.raises(DecodingError) as caught:
            read({"items": [PLAN, {}]}, Page[Plan])
        assert caught.value.path == "$.items[1].id"
        with pytest.raises(DecodingError) as caught:
            read({"items": [PLAN, "x"]}, Page[Plan])
        assert caught.value.path == "$.items[1]"

    def test_path_in_a_nested_model(self):
        with pytest.raises(DecodingError) as caught:
            read(
                {"subscription": {**SUBSCRIPTION, "status": 3}, "proration": {"amount": 1, "kind": "none"}},
                PlanChangeResult,
            )
        assert caught.value.path == "$.subscription.status"

    @pytest.mark.parametrize("data", [None, 1, "x", [], [PLAN], True])
    def test_response_that_is_not_an_object_is_rejected(self, data):
        with pytest.raises(DecodingError) as caught:
            read(data)
        assert caught.value.path == "$"

    @pytest.mark.parametrize("items", [None, {}, "abc", 5])
    def test_items_that_are_not_a_list_are_rejected(self, items):
        with pytest.raises(DecodingError) as caught:
            read({"items": items}, Page[Plan])
        assert caught.value.path == "$.items"

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"nope",
            b"\xff\xfe",
            b"<html></html>",
            b'{"amount": NaN}',
            b"[Infinity]",
            b"-Infinity",
            b"1" * 5000,
            b"[" * 100000,
            b'{"a":' * 100000,
            b"\xef\xbb\xbf{}",
        ],
        ids=lambda body: body[:12],
    )
    def test_invalid_json_is_rejected(self, body):
        with pytest.raises(DecodingError) as caught:
            decode(body, Plan)
        assert (caught.value.path, caught.value.body) == ("$", body)
        assert caught.value.__context__ is None

    def test_deeply_nested_response_is_rejected(self):
        deep = b'{"id":' * 900 + b"1" + b"}" * 900
        with pytest.raises(DecodingError):
            decode(deep, Plan)

    def test_empty_response_is_none_as_plain_data_and_invalid_as_a_model(self):
        assert decode_json(b"") is None
        with pytest.raises(DecodingError):
            decode(b"", Plan)

    def test_message_masks_secrets_and_is_short(self):
        with pytest.raises(DecodingError) as caught:
            read({**PLAN, "createdAt": "sk_live_4eC39HqLyjWDarjtT1zdp7dc"})
        assert "4eC39" not in str(caught.value)
        with pytest.raises(DecodingError) as caught:
            read({**PLAN, "createdAt": "x" * 100_000})
        assert len(str(caught.value)) < 2_000

    @pytest.mark.parametrize("name", ["x" * 100_000, "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "\ud800", "a\nb"])
    def test_server_name_in_the_path_is_shortened_masked_and_printable(self, name):
        response = {"inFlight": 1, "recovered": 1, "exhausted": 0, "recoveryRate": 0.5, "byFailureCode": {name: "x"}}
        with pytest.raises(DecodingError, match=r"\$\.byFailureCode\.") as caught:
            read(response, RecoverySummary)
        assert len(str(caught.value)) < 600
        assert "4eC39" not in str(caught.value)
        str(caught.value).encode()

    @pytest.mark.parametrize("digits", ["1e999", "-1e309", "9" * 400 + ".5"])
    def test_number_too_large_for_a_float_is_rejected(self, digits):
        with pytest.raises(DecodingError, match="too large") as caught:
            decode(b'{"recoveryRate": %s}' % digits.encode(), RecoverySummary)
        assert caught.value.path == "$"

    def test_integer_too_large_for_a_float_is_rejected(self):
        response = {"inFlight": 1, "recovered": 1, "exhausted": 0, "recoveryRate": 10**400, "byFailureCode": {}}
        with pytest.raises(DecodingError, match="too large") as caught:
            read(response, RecoverySummary)
        assert caught.value.path == "$.recoveryRate"

    def test_path_of_the_first_of_many_problems(self):
        items = [PLAN, PLAN, *[{**PLAN, "amount": None, "name": None}, "x", None] * 1_000]
        with pytest.raises(DecodingError) as caught:
            read({"items": items}, Page[Plan])
        assert caught.value.path == "$.items[2].name"

    def test_error_keeps_the_body_without_a_copy(self):
        body = SecretBytes(b"[" + b"1," * 1_000 + b"1]")
        for broken in (body, SecretBytes(b"x" * 1_000)):
            with pytest.raises(DecodingError) as caught:
                decode(broken, Plan)
            assert caught.value.body is broken

    def test_error_can_be_pickled(self):
        with pytest.raises(DecodingError) as caught:
            read({**PLAN, "amount": "x"})
        twin = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
        assert (str(twin), twin.path, twin.body) == (str(caught.value), "$.amount", caught.value.body)

    @pytest.mark.slow
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from([*PLAN, "items", "ok", "data", "x"]), inner, max_size=9)
            ),
            max_leaves=20,
        )
    )
    def test_any_json_is_decoded_or_rejected(self, data):
        for into in (Plan, Subscription, Page[Plan], PlanChangeResult):
            try:
                read(data, into)
            except DecodingError as error:
                assert error.path.startswith("$")  # noqa: PT017 - either outcome is right
