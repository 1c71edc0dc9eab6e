"""Arguments of a wrong type: rejected by name before a request is sent, for every operation."""

from __future__ import annotations

import math

import pytest

from duro.errors import InvalidArgumentError
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import OPERATIONS, kinds_of
from tests.support.contract.rules import OWN_BODY, argument_name, plain_call

pytestmark = pytest.mark.anyio

WRONG = {
    "string": [5, b"text", ["text"], True, object()],
    "integer": ["5", 5.0, True, math.nan, [5]],
    "boolean": ["true", 1, 0, "no"],
    "object": [5, "text", ["a"], {1: "a"}, {"a": {1, 2}}, {"a": math.inf}],
}
MEMBERS = [
    pytest.param(operation, name, schema, id=f"{operation.id}-{name}")
    for operation in OPERATIONS
    if operation.body and operation.id not in OWN_BODY
    for name, schema in operation.body["properties"].items()
]


@pytest.mark.parametrize(("operation", "name", "schema"), MEMBERS)
async def test_wrong_type_is_rejected_by_name(operation, name, schema, clients):
    timestamp = ["2026-12-31", 5, True] if schema.get("format") == "date-time" else None
    wrong = timestamp or WRONG[kinds_of(schema)[0]]
    path, arguments = plain_call(operation)
    clients.stub.requests.clear()
    for value in wrong:
        given = {**arguments, argument_name(operation, name): value}
        for client in (clients.awaited, clients.blocking):
            with pytest.raises(InvalidArgumentError, match=rf"^{argument_name(operation, name)}\b"):
                await outcome(method_of(client, operation.id), *path, **given, **clients.credential(operation))
    assert clients.stub.requests == []
