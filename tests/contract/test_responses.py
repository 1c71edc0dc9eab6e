"""Responses that the contract allows are decoded, and every documented field is an attribute of the right type."""

from __future__ import annotations

import copy
import functools
import json
from datetime import datetime

import anyio
import pytest
from attrs import fields_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from duro import Event, OpenEnum, Token
from duro.api.models.base import Model, SecretModel
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import CONTRACT, MOMENT, OPERATIONS, kinds_of, operations_of, snake_case
from tests.support.contract.rules import arguments_of, bodies, in_order, paths
from tests.support.contract.samples import objects

# Names of the items of a page.
LISTS = {"items", "merchants"}
type_adapter = functools.cache(TypeAdapter)
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


def check_model(schema, model, data):
    """Compare a model with the schema and the data of its response."""
    properties = schema.get("properties", {})
    for name, each in properties.items():
        assert snake_case(name) in fields_dict(type(model)), f"{type(model).__name__} has no {snake_case(name)}"
        check_value(each, name, getattr(model, snake_case(name)), data[name])
    assert model.extra == {name: value for name, value in data.items() if name not in properties}


def check_value(schema, name, value, data):
    if data is None:
        assert "null" in kinds_of(schema)
        assert value is None
        return
    kind = next(kind for kind in kinds_of(schema) if kind != "null")
    if kind == "array":
        assert isinstance(value, tuple)
        assert len(value) == len(data)
        for one, other in zip(value, data, strict=True):
            check_value(schema["items"], name, one, other)
    elif kind == "object" and isinstance(value, Model):
        check_model(schema, value, data)
    elif MOMENT.fullmatch(name) or schema.get("format") == "date-time":
        assert isinstance(value, datetime)
        assert value.tzinfo is not None
        assert value == datetime.fromisoformat(data)
    else:
        assert value == data
        if kind == "string":
            assert isinstance(value, OpenEnum) == is_open_enum(schema, value), name
            assert isinstance(value, str)
        else:
            assert type(value) is {"boolean": bool, "integer": int, "number": float, "object": dict}[kind]


def is_open_enum(schema, value):
    """Return whether a string is an open enum. Some enums have named values in request schemas only."""
    return True if {"enum", "x-known-values"} & schema.keys() else isinstance(value, OpenEnum)


def items_name(schema):
    return next(iter(LISTS & schema.get("properties", {}).keys()), None)


def check_hash(one, other):
    """Compare two results, decoded from the same response, as members of sets."""
    assert one == other
    assert hash(one) == hash(other)
    assert {one} == {other}


def check_conversions(model, data):
    """Convert a model into each form and back."""
    kind = type(model)
    assert kind.from_dict(data) == model
    assert model.to_dict(wire=True) == json.loads(model.to_json()) == data
    assert kind.from_dict(model.to_dict(wire=True)) == kind.from_dict(model.to_dict()) == model
    assert model.to_dict().keys() == {name for name, each in fields_dict(kind).items() if each.init}
    adapter = type_adapter(kind)
    assert adapter.validate_python(model) is model
    assert adapter.validate_python(adapter.dump_python(model)) == model
    if not isinstance(model, SecretModel):  # JSON has the secrets masked
        for by_alias in (True, False):
            assert adapter.validate_json(adapter.dump_json(model, by_alias=by_alias)) == model


def check_response(operation, result, data):
    if operation.id == "oauthToken":
        assert isinstance(result, Token)
        assert {name: getattr(result, name) for name in operation.response["properties"]} == data
    elif name := items_name(operation.response):
        check_value(operation.response["properties"][name], name, result.items, data[name])
        assert result.has_more is data.get("hasMore", False)
        assert result.next_cursor == data.get("nextCursor")
    else:
        model = result if isinstance(result, Model) else result.event
        check_model(operation.response, model, data)
        # The event record has dispatchedAt, the delivery does not; one class decodes both.
        check_conversions(model, {"dispatchedAt": None, **data} if isinstance(model, Event) else data)


# Only data.draw() before anyio.run: an exception of hypothesis inside the event loop would be reported as an error.
@pytest.mark.slow
@each_operation
@given(data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_response_of_the_contract_is_decoded(operation, data, clients):
    body = data.draw(bodies(operation))
    path = in_order(operation, data.draw(paths(operation)))
    arguments = {**arguments_of(operation, {}, body), **clients.credential(operation)}
    if operation.id == "oauthToken":
        response = {"access_token": "granted", "token_type": "Bearer", "expires_in": data.draw(st.integers(1, 86_400))}
    else:
        response = data.draw(objects(operation.response, is_response=True))
    if name := items_name(operation.response):
        response = {each: value for each, value in response.items() if each in operation.response["properties"]}
        if response.get("hasMore"):
            response["nextCursor"] = "somewhere"
        assert name in response
    clients.stub.respond(operation.status, response)

    async def call():
        return [
            await outcome(method_of(client, operation.id), *path, **arguments)
            for client in (clients.awaited, clients.blocking)
        ]

    results = anyio.run(call)
    for result in results:
        check_response(operation, result, response)
    if operation.id != "oauthToken":  # a token has the time of its exchange
        check_hash(*results)


def test_field_without_an_attribute_is_found(clients):
    added = copy.deepcopy(CONTRACT)
    added["components"]["schemas"]["Plan"]["properties"]["taxRate"] = {"type": "integer"}
    [operation] = [each for each in operations_of(added) if each.id == "archivePlan"]
    response = {
        "id": "plan_1",
        "name": "Pro",
        "amount": 1,
        "currency": "NGN",
        "interval": "month",
        "intervalCount": 1,
        "trialDays": 0,
        "maxCycles": None,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "taxRate": 7,
    }
    clients.stub.respond(200, response)
    with pytest.raises(AssertionError, match="Plan has no tax_rate"):
        check_response(operation, clients.blocking.plans.archive("plan_1"), response)
