"""Conversions of models: dicts with Python names, dicts with wire names, and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import asdict, evolve

from duro import CheckoutSession, Event, Interval, InvoiceDetail, Plan, Proration, Subscription
from duro.errors import DecodingError, InvalidArgumentError
from tests.api.models import samples

CREATED = datetime(2026, 1, 31, 10, tzinfo=UTC)


class TestToDict:
    def test_keys_are_the_attributes_and_values_are_python_values(self):
        assert samples.plan.to_dict() == {
            "id": "plan_1",
            "name": "Pro",
            "amount": 500_000,
            "currency": "NGN",
            "interval": Interval.MONTH,
            "interval_count": 1,
            "trial_days": 0,
            "max_cycles": None,
            "created_at": CREATED,
            "extra": {},
        }
        assert samples.plan.to_dict() == asdict(samples.plan)
        assert list(samples.plan.to_dict())[-1] == "extra"

    def test_wire_form_is_what_the_api_sent(self):
        assert samples.plan.to_dict(wire=True) == samples.PLAN
        assert samples.event.to_dict(wire=True) == samples.EVENT
        assert type(samples.plan.to_dict(wire=True)["interval"]) is str

    def test_nested_models_are_dicts_and_tuples_are_lists(self):
        [attempt] = samples.invoice.to_dict()["attempts"]
        assert attempt["failure_code"] == "insufficient_funds"
        assert samples.invoice.to_dict(wire=True)["attempts"] == [samples.TRANSACTION]

    def test_members_that_the_api_left_out_are_none_in_the_python_form_only(self):
        assert samples.event.to_dict()["data"]["invoice_id"] is None
        assert samples.event.to_dict(wire=True)["data"].keys() == {"subscriptionId", "plan"}

    def test_unknown_fields_are_in_extra_and_in_the_wire_form_behind_the_others(self):
        model = Plan.from_dict({"taxRate": {"state": [1]}, **samples.PLAN})
        assert model.to_dict()["extra"] == {"taxRate": {"state": [1]}}
        assert list(model.to_dict(wire=True).items())[-1] == ("taxRate", {"state": [1]})

    @pytest.mark.parametrize("wire", [True, False])
    def test_a_change_of_the_dict_does_not_change_the_model(self, wire):
        model = Plan.from_dict({**samples.PLAN, "taxRates": [1]})
        plain = model.to_dict(wire=wire)
        (plain if wire else plain["extra"])["taxRates"].append(2)
        assert model.extra == {"taxRates": [1]}

    def test_secrets_are_included(self):
        assert samples.checkout_session.to_dict()["token"] == samples.CHECKOUT_TOKEN
        assert samples.checkout_session.to_dict(wire=True) == samples.CHECKOUT_SESSION


class TestToJson:
    def test_json_has_the_wire_form(self):
        assert json.loads(samples.invoice.to_json()) == samples.INVOICE

    def test_json_is_compact_unless_it_is_indented(self):
        assert samples.plan.to_json().startswith('{"id":"plan_1","name":"Pro","amount":500000,')
        assert samples.plan.to_json(indent=2).startswith('{\n  "id": "plan_1",\n')
        assert json.loads(samples.plan.to_json(indent=2)) == samples.PLAN

    def test_any_text_can_be_written_to_a_file(self):
        model = evolve(samples.plan, name="Adébáyọ̀ \ud800")
        assert json.loads(model.to_json().encode("ascii")) == {**samples.PLAN, "name": "Adébáyọ̀ \ud800"}

    def test_value_without_a_json_form_is_rejected(self):
        with pytest.raises(InvalidArgumentError, match="cannot be written as JSON"):
            evolve(samples.plan, extra={"taxRate": float("nan")}).to_json()


class TestFromDict:
    @pytest.mark.parametrize("model", [samples.plan, samples.invoice, samples.event, samples.checkout_session])
    def test_both_forms_are_accepted(self, model):
        model = evolve(model, extra={"taxRate": 7, "created_on": {"planId": "x"}})
        assert type(model).from_dict(model.to_dict()) == model
        assert type(model).from_dict(model.to_dict(wire=True)) == model
        assert type(model).from_dict(json.loads(model.to_json())) == model

    def test_names_may_be_mixed_and_values_may_be_models(self):
        mixed = {**samples.PLAN, "interval": Interval.MONTH, "createdAt": CREATED}
        mixed["trial_days"] = mixed.pop("trialDays")
        assert Plan.from_dict(mixed) == samples.plan
        attempts = samples.invoice.attempts
        assert InvoiceDetail.from_dict({**samples.INVOICE, "attempts": attempts}) == samples.invoice

    def test_time_zones_and_microseconds_are_kept(self):
        created = datetime(2026, 1, 31, 11, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
        model = evolve(samples.plan, created_at=created)
        assert Plan.from_dict(model.to_dict()).created_at == created

    def test_event_class_is_selected_in_both_forms(self):
        for data in (samples.event.to_dict(), samples.event.to_dict(wire=True)):
            assert type(Event.from_dict(data)) is type(samples.event)

    def test_invalid_members_of_an_unknown_event_are_kept_in_both_forms(self):
        document = {**samples.EVENT, "type": "wallet_opened", "data": {"planId": 5, "customer": [{"created_at": 1}]}}
        model = Event.from_dict(document)
        assert model.to_dict(wire=True) == document
        assert Event.from_dict(model.to_dict()) == model

    def test_unknown_field_named_extra_is_kept(self):
        model = Plan.from_dict({**samples.PLAN, "extra": {"a": 1}})
        assert model.extra == {"extra": {"a": 1}}
        assert Plan.from_dict(model.to_dict()) == Plan.from_dict(model.to_dict(wire=True)) == model
        text = Proration.from_dict({"amount": 1, "kind": "charge", "extra": "text"})
        assert text.extra == {"extra": "text"}

    @pytest.mark.parametrize(
        ("change", "path", "problem"),
        [
            ({"interval_count": 1}, "$", "it has both intervalCount and interval_count; pass one of them"),
            ({"createdAt": datetime(2026, 1, 31)}, "$.createdAt", "a datetime must have a time zone"),  # noqa: DTZ001
            ({"createdAt": b"bytes"}, "$.createdAt", "JSON does not support the type bytes"),
            ({"amount": "1"}, "$.amount", "expected int, got str"),
        ],
    )
    def test_the_error_names_the_place_and_the_problem(self, change, path, problem):
        with pytest.raises(DecodingError) as caught:
            Plan.from_dict({**samples.PLAN, **change})
        assert caught.value.path == path
        assert str(caught.value).startswith(f"the data breaks the contract at {path}: {problem}")

    def test_the_path_of_a_nested_problem_is_complete(self):
        attempt = {**samples.TRANSACTION, "createdAt": datetime(2026, 1, 31)}  # noqa: DTZ001
        with pytest.raises(DecodingError) as caught:
            InvoiceDetail.from_dict({**samples.INVOICE, "attempts": [samples.TRANSACTION, attempt]})
        assert caught.value.path == "$.attempts[1].createdAt"

    @pytest.mark.parametrize("data", [None, 5, "text", [samples.PLAN]])
    def test_data_that_is_not_a_dict_is_rejected(self, data):
        with pytest.raises(DecodingError, match="expected an object"):
            Plan.from_dict(data)

    def test_data_is_not_changed(self):
        data = samples.event.to_dict()
        Event.from_dict(data)
        assert data == samples.event.to_dict()

    def test_errors_do_not_show_secrets(self):
        with pytest.raises(DecodingError) as caught:
            CheckoutSession.from_dict({**samples.CHECKOUT_SESSION, "createdAt": samples.CHECKOUT_TOKEN})
        assert "1needle2" not in str(caught.value)

    def test_a_missing_field_is_named(self):
        with pytest.raises(DecodingError, match=r"\$\.status: it is missing"):
            Subscription.from_dict({"id": "sub_1"})
