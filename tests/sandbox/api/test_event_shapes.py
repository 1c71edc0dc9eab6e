"""Payloads of events: the contract's types and shapes, from a story in which each type happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.support.contract.openapi import CONTRACT

SCHEMAS = CONTRACT["components"]["schemas"]
EMBEDDED = {"customer", "plan", "subscription", "invoice"}
JSON_TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "null": type(None)}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=datetime(2026, 1, 31, 9, tzinfo=UTC), seed=7, strict=True) as sandbox:
        yield sandbox


def read_payloads(sandbox: Sandbox) -> list[Any]:
    with Duro(**sandbox.options) as client:
        tell_story(sandbox, client)
        return [client.request("GET", f"/v1/events/{event.id}/payload") for event in sandbox.events]


def tell_story(sandbox: Sandbox, client: Duro) -> None:
    small, large = (client.plans.create(name="Pro", amount=amount, interval="month").id for amount in (3000, 9000))
    short = client.plans.create(name="Short", amount=700, interval="month", max_cycles=1).id
    ada, bob, eve = (client.customers.create(email=f"{name}@example.com").id for name in ("ada", "bob", "eve"))
    first, second, third = (
        client.subscriptions.create(customer_id=customer, plan_id=small).id for customer in (ada, bob, eve)
    )
    session = client.checkout.create_session(plan_id=short, customer_email="sam@example.com")
    sandbox.checkout(session).pay("card")
    client.invoices.refund(sandbox.ledger[0].invoice_id, amount=100)
    client.subscriptions.pause(first)
    client.subscriptions.resume(first)
    client.subscriptions.change_plan(first, plan_id=large)
    client.subscriptions.cancel(first, at_period_end=True)
    sandbox.cards.script(bob, ["expired_card", "ok"])
    sandbox.cards.decline(eve, "do_not_honor", times=None)
    sandbox.clock.advance(until="subscription_payment_action_required")
    sandbox.cards.replace(bob)
    sandbox.clock.advance(until="subscription_unpaid")
    client.subscriptions.cancel(third)
    client.subscriptions.cancel(second)


def check_shape(value: object, schema: dict[str, Any]) -> None:
    """Check that an object has all members of its schema and no others, each of a type of the schema."""
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    if kinds:
        assert type(value) in {JSON_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)}
    if isinstance(value, dict) and "properties" in schema:
        assert value.keys() == schema["properties"].keys()
        for name, member in value.items():
            check_shape(member, schema["properties"][name])


def test_each_type_happens_with_the_shapes_of_the_contract(sandbox: Sandbox) -> None:
    payloads = read_payloads(sandbox)
    assert {payload["type"] for payload in payloads} == set(SCHEMAS["EventType"]["x-known-values"])
    for payload in payloads:
        assert payload.keys() == {"id", "type", "createdAt", "data"}
        data = payload["data"]
        for name in data.keys() & EMBEDDED:
            check_shape(data[name], SCHEMAS["WebhookPayloadData"]["properties"][name])
            # An embedded object replaces its flat id.
            assert f"{name}Id" not in data
        assert any(name in data or f"{name}Id" in data for name in EMBEDDED)


def test_amounts_are_those_that_were_charged_or_refunded(sandbox: Sandbox) -> None:
    amounts: dict[str, list[int]] = {}
    for payload in read_payloads(sandbox):
        if "amount" in payload["data"]:
            amounts.setdefault(payload["type"], []).append(payload["data"]["amount"])
    charges = sandbox.ledger
    assert amounts["subscription_payment_success"] == [each.amount for each in charges if each.status == "succeeded"]
    assert amounts["subscription_payment_failed"] == [each.amount for each in charges if each.status == "failed"]
    assert amounts["subscription_payment_refunded"] == [each.amount for each in sandbox.refunds]
    assert amounts["subscription_payment_recovered"] == [3000]
    assert amounts["checkout_completed"] == [700]
