"""Models in pydantic models: validation, serialization and JSON schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

import duro
from duro import CheckoutSession, Customer, Event, Interval, Invoice, InvoiceDetail, Page, Plan, PortalAccess
from duro.api.codec.python_names import members_of
from duro.api.models.base import Model
from duro.api.models.customer_portal import PortalMerchantPage
from duro.api.models.events import EVENT_CLASSES
from duro.webhooks import SubscriptionPaused, SubscriptionPaymentFailed
from tests.api.models import samples

PUBLIC_NAMES = [getattr(duro, name) for name in duro.__all__]
MODELS = [each for each in PUBLIC_NAMES if isinstance(each, type) and issubclass(each, Model)]
MODELS += EVENT_CLASSES.values()
PYTHON_PLAN = json.loads(json.dumps(samples.plan.to_dict(), default=lambda value: value.isoformat()))


class Offer(BaseModel):
    plan: Plan
    alternatives: Page[Plan] = Page(items=())
    event: Event | None = None
    interval: Interval = Interval.MONTH


offer = Offer(plan=samples.plan, alternatives=Page(items=(samples.plan,)), event=samples.event)


class TestValidation:
    @pytest.mark.parametrize("data", [samples.plan, samples.PLAN, samples.plan.to_dict(), PYTHON_PLAN])
    def test_instances_and_both_forms_are_accepted(self, data):
        assert Offer.model_validate({"plan": data}).plan == samples.plan

    def test_instances_are_not_copied(self):
        assert offer.plan is samples.plan
        assert TypeAdapter(Event).validate_python(samples.event) is samples.event

    def test_json_is_accepted(self):
        assert Offer.model_validate_json(json.dumps({"plan": samples.PLAN})).plan == samples.plan

    def test_dict_becomes_the_class_of_its_event(self):
        assert type(Offer(plan=samples.plan, event=samples.EVENT).event) is SubscriptionPaymentFailed
        with pytest.raises(ValidationError, match="expected a SubscriptionPaused, got a SubscriptionPaymentFailed"):
            TypeAdapter(SubscriptionPaused).validate_python(samples.EVENT)

    def test_unknown_values_and_fields_are_kept(self):
        plan = Offer.model_validate({"plan": {**samples.PLAN, "interval": "fortnight", "taxRate": 7}}).plan
        assert (plan.interval, plan.interval.is_known, plan.extra) == ("fortnight", False, {"taxRate": 7})

    def test_open_enum_is_a_type_of_its_own(self):
        assert Offer(plan=samples.plan, interval="year").interval is Interval.YEAR
        assert not Offer(plan=samples.plan, interval="fortnight").interval.is_known
        with pytest.raises(ValidationError):
            Offer(plan=samples.plan, interval=5)

    @pytest.mark.parametrize(
        ("plan", "place", "message", "shown"),
        [
            ({**samples.PLAN, "amount": "1"}, ("plan", "amount"), "expected int, got str", "1"),
            ({"id": "plan_1"}, ("plan", "name"), "it is missing", {"id": "plan_1"}),
            (5, ("plan",), "expected a dict or an instance of Plan, got int", 5),
            (samples.event, ("plan",), "expected a dict or an instance of Plan, got SubscriptionPaymentFailed", ...),
        ],
    )
    def test_the_error_names_the_place_and_the_problem(self, plan, place, message, shown):
        with pytest.raises(ValidationError) as caught:
            Offer.model_validate({"plan": plan})
        [error] = caught.value.errors()
        assert (error["type"], error["loc"], error["msg"]) == ("duro_contract", place, message)
        assert shown in (..., error["input"])

    def test_the_place_of_an_item_has_its_index(self):
        with pytest.raises(ValidationError) as caught:
            Offer.model_validate({"plan": samples.plan, "alternatives": {"items": [samples.PLAN, {"id": 1}]}})
        [error] = caught.value.errors()
        assert error["loc"] == ("alternatives", "items", 1, "id")

    def test_page_with_other_items_is_rejected(self):
        customers = Page(items=(Customer(id="cus_1", blacklisted=False, created_at=datetime.now(UTC)),))
        with pytest.raises(ValidationError, match="expected a dict or an instance of Page"):
            Offer(plan=samples.plan, alternatives=customers)
        assert TypeAdapter(Page).validate_python(customers) is customers

    @pytest.mark.parametrize(
        "data", [{"token": samples.CHECKOUT_TOKEN}, {**samples.CHECKOUT_SESSION, "amount": "1"}, samples.CHECKOUT_TOKEN]
    )
    def test_errors_do_not_show_secrets(self, data):
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(CheckoutSession).validate_python(data)
        for text in (str(caught.value), repr(caught.value.errors()), caught.value.json()):
            assert "1needle2" not in text


class TestSerialization:
    def test_python_mode_is_to_dict(self):
        assert offer.model_dump()["plan"] == samples.plan.to_dict()
        assert offer.model_dump()["event"] == samples.event.to_dict()
        assert offer.model_dump(by_alias=True)["plan"].keys() == samples.PLAN.keys()

    @pytest.mark.parametrize("by_alias", [True, False])
    @pytest.mark.parametrize("extra", [{}, {"taxRate": {"state": 7}}])
    def test_json_mode_returns_the_same_model(self, by_alias, extra):
        original = offer.model_copy(update={"plan": evolve(samples.plan, extra=extra)})
        assert Offer.model_validate_json(original.model_dump_json(by_alias=by_alias)) == original
        assert Offer.model_validate(original.model_dump(mode="json", by_alias=by_alias)) == original

    def test_json_with_aliases_is_what_the_api_sent(self):
        written = offer.model_dump(mode="json", by_alias=True)
        assert (written["plan"], written["event"]) == (samples.PLAN, samples.EVENT)
        assert written["alternatives"].keys() == {"items", "nextCursor", "hasMore"}
        assert offer.model_dump(mode="json")["plan"].keys() == samples.plan.to_dict().keys()

    def test_fields_can_be_included_and_excluded(self):
        assert offer.model_dump(include={"plan": {"id", "amount"}}) == {"plan": {"id": "plan_1", "amount": 500_000}}
        assert "max_cycles" not in offer.model_dump(exclude_none=True)["plan"]

    def test_field_of_a_base_class_has_the_members_of_the_base_class(self):
        written = TypeAdapter(Invoice).dump_python(samples.invoice)
        assert written.keys() == samples.invoice.to_dict().keys() - {"attempts"}

    def test_each_type_of_a_union_is_serialized_without_a_warning(self):
        class Bill(BaseModel):
            invoice: InvoiceDetail | Plan

        assert Bill(invoice=samples.invoice).model_dump()["invoice"].keys() == samples.invoice.to_dict().keys()
        assert Bill(invoice=samples.plan).model_dump()["invoice"] == samples.plan.to_dict()

    def test_value_of_another_type_is_reported(self):
        with pytest.warns(UserWarning, match="expected Plan, got str"):
            assert Offer.model_construct(plan="text").model_dump(include={"plan"}) == {"plan": "text"}

    def test_values_without_a_declared_type_are_serialized(self):
        class Envelope(BaseModel):
            data: Any

        envelope = Envelope(data={"plan": samples.plan, "page": Page(items=(samples.plan,))})
        written = json.loads(envelope.model_dump_json(by_alias=True))
        assert written["data"]["plan"]["intervalCount"] == written["data"]["page"]["items"][0]["intervalCount"] == 1
        assert envelope.model_dump()["data"]["plan"] == samples.plan.to_dict()

    def test_secrets_are_masked_in_json_and_kept_in_python(self):
        access = PortalAccess.from_dict(
            {"sessionToken": "1needle2", "account": {"email": "a", "name": "b"}, "subscriptions": []}
        )
        for model in (access, samples.checkout_session):
            for adapter in (TypeAdapter(type(model)), TypeAdapter(Any)):
                assert "1needle2" not in adapter.dump_json(model).decode()
                assert "1needle2" not in repr(adapter.dump_python(model, mode="json"))
        assert TypeAdapter(PortalAccess).dump_python(access)["session_token"] == "1needle2"
        masked = TypeAdapter(CheckoutSession).dump_python(samples.checkout_session, mode="json")
        assert (masked["token"], masked["url"]) == ("cs_test_…", "https://checkout.example/cs_test_…")


class TestFromAttributes:
    def test_models_fill_a_users_own_model(self):
        class AttemptOut(BaseModel):
            model_config = ConfigDict(from_attributes=True)

            failure_code: str

        class InvoiceOut(BaseModel):
            model_config = ConfigDict(from_attributes=True)

            id: str
            amount: int
            status: str
            period_end: datetime
            attempts: list[AttemptOut]

        own = InvoiceOut.model_validate(samples.invoice)
        assert own.model_dump() == {
            "id": "inv_1",
            "amount": 500_000,
            "status": "open",
            "period_end": datetime(2026, 2, 28, 10, tzinfo=UTC),
            "attempts": [{"failure_code": "insufficient_funds"}],
        }


class TestJsonSchema:
    @pytest.fixture(params=["validation", "serialization"])
    def schema(self, request):
        return Offer.model_json_schema(mode=request.param)["$defs"]

    def test_fields_have_names_types_and_descriptions(self, schema):
        plan = schema["Plan"]
        assert plan["title"] == "Plan"
        assert plan["description"] == "Plan that customers subscribe to: a price per period."
        assert plan["properties"].keys() == samples.PLAN.keys()
        assert plan["properties"]["intervalCount"] == {
            "title": "Interval Count",
            "type": "integer",
            "description": "Number of intervals in a period.",
        }
        assert plan["properties"]["createdAt"]["format"] == "date-time"
        assert set(plan["required"]) == samples.PLAN.keys() - {"maxCycles"}
        assert plan["additionalProperties"] is True

    def test_optional_fields_are_nullable_and_long_descriptions_are_complete(self, schema):
        assert schema["Plan"]["properties"]["maxCycles"] == {
            "title": "Max Cycles",
            "anyOf": [{"type": "integer"}, {"type": "null"}],
            "description": "Number of successful charges after which a subscription expires, `None` for unlimited.",
        }
        assert schema["Event"]["properties"]["dispatchedAt"]["description"].endswith("and in deliveries.")

    def test_open_enums_list_their_values_and_allow_others(self, schema):
        assert schema["Interval"] == {
            "title": "Interval",
            "description": "Unit of a billing period. `interval_count` is the number of units.",
            "anyOf": [{"type": "string", "enum": [str(each) for each in Interval]}, {"type": "string"}],
        }
        assert schema["Plan"]["properties"]["interval"]["$ref"] == "#/$defs/Interval"

    def test_models_and_pages_refer_to_definitions(self, schema):
        assert schema["EventData"]["properties"]["plan"]["anyOf"] == [{"$ref": "#/$defs/Plan"}, {"type": "null"}]
        assert schema["Page_Plan_"]["properties"]["items"]["items"] == {"$ref": "#/$defs/Plan"}

    def test_python_names_are_used_without_aliases(self):
        plan = TypeAdapter(Plan).json_schema(by_alias=False)
        assert plan["properties"]["interval_count"]["description"] == "Number of intervals in a period."

    def test_names_of_items_follow_the_api(self):
        page = TypeAdapter(PortalMerchantPage).json_schema()
        assert page["properties"].keys() == {"merchants", "nextCursor", "hasMore"}

    def test_secrets_are_passwords(self):
        properties = TypeAdapter(CheckoutSession).json_schema()["properties"]
        assert [name for name, each in properties.items() if each.get("format") == "password"] == ["token", "url"]

    @pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
    def test_every_field_of_every_model_is_described(self, kind):
        schema = TypeAdapter(kind).json_schema()
        assert schema["description"]
        assert schema["properties"].keys() == {member.wire for member in members_of(kind)}
        assert [name for name, each in schema["properties"].items() if not each.get("description")] == []
