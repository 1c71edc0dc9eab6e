"""Event classes: one for each known type, typed data, flat or embedded, and unknown members kept."""

from __future__ import annotations

import inspect
import pickle
from datetime import UTC, datetime

import attrs
import pytest

from duro import Customer, DecodingError, EventType, Invoice, Plan, Subscription, webhooks
from duro.api.models import events
from duro.api.models.base import Model
from duro.webhooks import Event, EventData, InvoiceCreated, SubscriptionPaymentFailed, UnknownEvent, Webhook
from tests.support.contract.openapi import CONTRACT

SCHEMAS = CONTRACT["components"]["schemas"]
KNOWN = SCHEMAS["EventType"]["x-known-values"]


def class_of(kind):
    """Return the class that follows the naming rule: InvoiceCreated for invoice_created."""
    return getattr(webhooks, "".join(word.capitalize() for word in kind.split("_")))


@pytest.mark.parametrize("kind", KNOWN)
class TestKnownTypes:
    def test_type_has_its_own_class(self, kind, make_event):
        event = make_event(kind)
        assert type(event) is class_of(kind)
        assert event.type is EventType(kind)
        assert event.type.is_known

    def test_class_is_frozen_and_sets_its_type(self, kind):
        event = class_of(kind)(id="evt_1", data=EventData(), created_at=datetime.now(UTC))
        assert event.type == kind
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            event.id = "evt_2"
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            event.secret_index = 0
        assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301

    @pytest.mark.parametrize("form", ["flat", "embedded"])
    def test_ids_are_found_in_either_form(self, kind, form, make_event):
        event = make_event(kind, form)
        assert (event.customer_id, event.plan_id, event.subscription_id, event.invoice_id, event.amount) == (
            "cus_1",
            "plan_1",
            "sub_1",
            "inv_1",
            500_000,
        )

    def test_missing_ids_are_none(self, kind, make_event):
        event = make_event(kind, "empty")
        assert {event.customer_id, event.plan_id, event.subscription_id, event.invoice_id, event.amount} == {None}


def test_eighteen_known_classes_and_unknown_event():
    classes = {each for each in vars(events).values() if inspect.isclass(each) and issubclass(each, Event)}
    assert classes - {Event, UnknownEvent} == {class_of(kind) for kind in KNOWN}
    assert len(KNOWN) == len(EventType) == 18
    assert {each.__name__ for each in classes} <= set(webhooks.__all__)


def test_embedded_objects_are_models(make_event):
    data = make_event(data="embedded").data
    for name, kind in {"customer": Customer, "plan": Plan, "subscription": Subscription, "invoice": Invoice}.items():
        assert type(getattr(data, name)) is kind
        assert getattr(data, f"{name}_id") is None


def test_id_is_found_in_an_embedded_object(make_event, document):
    embedded = document(data="embedded")["data"]
    event = make_event(data={"invoice": embedded["invoice"]})
    assert (event.subscription_id, event.amount) == ("sub_1", 500_000)
    assert make_event(data={"subscription": embedded["subscription"]}).plan_id == "plan_1"
    assert make_event(data={**embedded, "amount": 7}).amount == 7
    assert make_event(data={**embedded, "amount": 0}).amount == 0


def test_unknown_members_are_kept(document):
    wire = document(data={"subscriptionId": "sub_1", "reason": "test"}) | {"attempt": 2}
    event = Event.from_dict(wire)
    assert (event.extra, event.data.extra) == ({"attempt": 2}, {"reason": "test"})
    assert wire.items() <= {**event.to_dict(wire=True), "data": wire["data"]}.items()
    assert Event.from_dict(event.to_dict(wire=True)) == Event.from_dict(event.to_dict()) == event


def test_unknown_type_is_an_unknown_event_with_typed_data(make_event):
    event = make_event("subscription_trial_ending", "embedded")
    assert type(event) is UnknownEvent
    assert (event.type, event.type.is_known) == ("subscription_trial_ending", False)
    assert isinstance(event.data.subscription, Subscription)
    assert event.subscription_id == "sub_1"


def test_unknown_event_keeps_members_of_another_type(document):
    data = {
        "subscriptionId": 17,
        "amount": "9.99",
        "customer": "cus_1",
        "planId": "plan_1",
        "invoice": {"id": 1},
        "x": [],
    }
    event = Event.from_dict(document("wallet_topped_up", data))
    assert (event.plan_id, event.subscription_id, event.amount, event.customer_id) == ("plan_1", None, None, None)
    assert event.data.extra == {name: value for name, value in data.items() if name != "planId"}
    assert Event.from_dict(event.to_dict(wire=True)).data.plan_id == "plan_1"
    assert Event.from_dict(event.to_dict()) == event


def test_known_event_with_data_of_another_type_raises(document):
    with pytest.raises(DecodingError) as caught:
        Event.from_dict(document(data={"amount": "9.99"}))
    assert caught.value.path == "$.data.amount"


def test_class_rejects_an_event_of_another_type(document):
    assert InvoiceCreated.from_dict(document("invoice_created")).invoice_id == "inv_1"
    with pytest.raises(DecodingError, match="expected a InvoiceCreated, got a SubscriptionPaymentFailed"):
        InvoiceCreated.from_dict(document())


def test_verified_event_equals_a_retrieved_one(delivery, make_event):
    webhook = Webhook("whsec_1")
    verified = webhook.verify(delivery(), webhook.sign(delivery()))
    assert verified == make_event()
    assert isinstance(verified, SubscriptionPaymentFailed)
    assert (verified.secret_index, make_event().secret_index) == (0, None)
    assert not {"secretIndex", "secret_index"} & {*verified.to_dict(wire=True), *verified.to_dict()}


def test_every_documented_field_is_an_attribute():
    def documented(*schemas):
        return {name for schema in schemas for name in SCHEMAS[schema]["properties"]}

    def declared(model):
        return {wire(each) for each in attrs.fields(model)} - {"extra"}

    def wire(attribute):
        first, *rest = attribute.name.split("_")
        return first + "".join(map(str.capitalize, rest))

    assert issubclass(Event, Model)
    assert documented("Event", "WebhookPayload") == declared(Event) - {"secretIndex"}
    flat = {"customerId", "planId", "subscriptionId", "invoiceId", "amount"}
    assert documented("WebhookPayloadData") | flat == declared(EventData)
