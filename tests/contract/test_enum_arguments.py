"""Arguments with an enum: signatures list the values for editors, and agree with the contract and the enum."""

from __future__ import annotations

import ast
import inspect
from typing import Literal, get_args, get_origin

import jedi
import pytest

import duro
from duro import AsyncDuro, Duro, OpenEnum
from duro.config import Mode
from duro.errors import NotFoundError
from tests.support.contract.methods import PLACES, method_of, outcome
from tests.support.contract.openapi import OPERATIONS
from tests.support.contract.rules import OWN_BODY, argument_name, plain_call

PARAMETERS = [
    pytest.param(
        operation,
        argument_name(operation, name),
        schema.get("enum") or schema["x-known-values"],
        id=f"{operation.id}-{name}",
    )
    for operation in OPERATIONS
    if operation.body and operation.id not in OWN_BODY
    for name, schema in operation.body["properties"].items()
    if schema.keys() & {"enum", "x-known-values"}
]
each_enum_argument = pytest.mark.parametrize(("operation", "argument", "values"), PARAMETERS)


def annotation_of(client, operation, argument):
    return inspect.signature(method_of(client, operation.id)).parameters[argument].annotation


def members_of(annotation):
    """Return the types in the annotation of an argument, which is a union in a string."""
    names = {"Literal": Literal, **{name: getattr(duro, name) for name in duro.__all__}}
    return get_args(eval(annotation, names))  # noqa: S307 - annotations of the package


def test_arguments_with_an_enum_are_found():
    assert {each.id for each in PARAMETERS} == {
        "createPlan-interval",
        "updatePlan-interval",
        "createPromoCode-discountType",
        "createPromoCode-duration",
        "updateRecoverySettings-dunningEscalation",
        "payCheckout-rail",
    }


@each_enum_argument
@pytest.mark.parametrize("client_class", [AsyncDuro, Duro])
def test_signature_lists_the_values_of_the_contract_and_the_enum(operation, argument, values, client_class):
    members = members_of(annotation_of(client_class("sk_test_1"), operation, argument))
    [literal] = [each for each in members if get_origin(each) is Literal]
    [kind] = [each for each in members if isinstance(each, type) and issubclass(each, OpenEnum)]
    assert list(get_args(literal)) == values
    assert [member.value for member in kind] == values
    assert str in members


@each_enum_argument
def test_docstring_lists_the_values(operation, argument, values):
    docstring = " ".join(inspect.getdoc(method_of(AsyncDuro("sk_test_1"), operation.id)).split())
    text = docstring.partition(f" {argument}: ")[2]
    assert all(f"``{value}``" in text for value in values)


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache_of_jedi")
@each_enum_argument
@pytest.mark.parametrize("client_class", ["AsyncDuro", "Duro"])
def test_editor_shows_the_values_in_the_signature(operation, argument, values, client_class):
    names = {"client": getattr(duro, client_class)("sk_test_1")}
    [signature] = jedi.Interpreter(f"client.{'.'.join(PLACES[operation.id])}(", [names]).get_signatures()
    [shown] = [each.to_string() for each in signature.params if each.name == argument]
    assert all(repr(value) in ast.unparse(ast.parse(shown)) for value in values)


@each_enum_argument
@pytest.mark.anyio
async def test_unknown_value_is_sent(operation, argument, values, clients):
    path, given = plain_call(operation)
    clients.stub.reject()
    clients.stub.requests.clear()
    for client in (clients.awaited, clients.blocking):
        with pytest.raises(NotFoundError):
            await outcome(method_of(client, operation.id), *path, **{**given, argument: "fortnight"})
    assert all(b'"fortnight"' in request.content for request in clients.stub.requests)
    assert len(clients.stub.requests) == 2


def test_mode_is_closed():
    [pause] = [operation for operation in OPERATIONS if "mode" in operation.parameters["path"]]
    assert list(get_args(Mode)) == pause.parameters["path"]["mode"]["enum"]
