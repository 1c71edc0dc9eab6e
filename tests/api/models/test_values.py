"""Models as Python values: copies, pickles, patterns, templates, reprs."""

from __future__ import annotations

import copy
import pickle

import attrs
import jinja2
import pytest

from duro import Event, Interval, Page, Plan
from duro.webhooks import SubscriptionPaymentFailed
from tests.api.models import samples

MODELS = [samples.plan, samples.invoice, samples.event, Page(items=(samples.plan,), next_cursor="c")]
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


@each_model
def test_pickles_and_copies_are_equal(model):
    for other in (pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)):  # noqa: S301
        assert other == model
        assert hash(other) == hash(model)


def test_model_with_a_secret_can_be_copied_but_not_pickled():
    session = attrs.evolve(samples.checkout_session, extra={"a": []})
    assert copy.copy(session) == copy.deepcopy(session) == session
    assert copy.deepcopy(session).extra["a"] is not session.extra["a"]
    with pytest.raises(TypeError, match="cannot be pickled because it contains a secret"):
        pickle.dumps(session)


def test_evolve_returns_a_changed_copy():
    cheaper = attrs.evolve(samples.plan, amount=1)
    assert (cheaper.amount, samples.plan.amount) == (1, 500_000)
    assert cheaper != samples.plan


@each_model
def test_models_are_frozen(model):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        model.items = ()


def describe(value):
    match value:
        case SubscriptionPaymentFailed(subscription_id=str() as subscription):
            return f"failed: {subscription}"
        case Event(id=event_id):
            return f"event {event_id}"
        case Plan(interval=Interval.MONTH, amount=amount):
            return f"{amount} a month"
    return "something else"


def test_patterns_match_attributes_and_properties():
    assert describe(samples.event) == "failed: sub_1"
    assert describe(Event.from_dict({**samples.EVENT, "type": "wallet_opened"})) == "event evt_1"
    assert describe(samples.plan) == "500000 a month"
    assert describe(attrs.evolve(samples.plan, interval=Interval.YEAR)) == "something else"


def test_templates_read_attributes():
    template = jinja2.Template(
        "{{ plan.name }} {{ plan['amount'] }} {{ plan.interval }} {{ plan.created_at.year }}"
        "{% if plan.max_cycles is none %} unlimited{% endif %} {{ plan.to_dict(wire=True) | tojson | length > 100 }}"
    )
    assert template.render(plan=samples.plan) == "Pro 500000 month 2026 unlimited True"
    unknown = attrs.evolve(samples.plan, interval=Interval("fortnight"))
    assert jinja2.Template("{{ plan.interval }}").render(plan=unknown) == "fortnight"


def test_a_repr_shows_at_most_three_items():
    transaction = samples.invoice.attempts[0]
    invoice = attrs.evolve(samples.invoice, attempts=(transaction,) * 5)
    assert repr(invoice).count("Transaction(") == 3
    assert repr(invoice).endswith("), … 2 more))")
    assert repr(attrs.evolve(samples.invoice, attempts=(transaction,) * 3)).count("Transaction(") == 3
