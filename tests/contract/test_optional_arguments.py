"""``None`` and ``UNSET``: left out, sent as null or rejected, as the contract defines for each argument."""

from __future__ import annotations

import inspect
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from duro import UNSET, AsyncDuro
from duro.errors import InvalidArgumentError, NotFoundError
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import OPERATIONS, kinds_of
from tests.support.contract.rules import ONE_OF, OWN_BODY, argument_name, expected_arguments, plain_call

pytestmark = pytest.mark.anyio

NULLABLE = {("updatePromoCode", "maxRedemptions"), ("updatePromoCode", "expiresAt")}


def properties_of(operation):
    return {} if operation.body is None or operation.id in OWN_BODY else operation.body["properties"]


def arguments(*, required):
    """Return one parameter for each argument that is required, or for each that is optional."""
    return [
        pytest.param(operation, name, schema, id=f"{operation.id}-{name}")
        for operation in OPERATIONS
        for name, schema in {**properties_of(operation), **operation.parameters["query"]}.items()
        if (argument_name(operation, name) in expected_arguments(operation)[1]) == required
    ]


def is_nullable(schema):
    return "null" in kinds_of(schema)


async def send(clients, operation, **arguments):
    """Call an operation with both clients, and return the query and the body of each request."""
    clients.stub.reject()
    clients.stub.requests.clear()
    for client in (clients.awaited, clients.blocking):
        with pytest.raises(NotFoundError):
            await outcome(
                method_of(client, operation.id),
                *plain_call(operation)[0],
                **arguments,
                **clients.credential(operation),
            )
    assert len(clients.stub.requests) == 2
    return [
        (parse_qs(urlsplit(request.url).query), json.loads(request.content or b"{}"))
        for request in clients.stub.requests
    ]


def test_nullable_arguments_are_the_known_ones():
    found = {
        (operation.id, name)
        for operation in OPERATIONS
        for name, schema in properties_of(operation).items()
        if is_nullable(schema)
    }
    assert found == NULLABLE


@pytest.mark.parametrize(("operation", "name", "schema"), arguments(required=False))
class TestOptionalArgument:
    def others(self, operation, name):
        """Return valid arguments without one of them."""
        given = plain_call(operation)[1]
        del given[argument_name(operation, name)]
        return given

    async def test_unset_is_left_out(self, operation, name, schema, clients):
        given = {**self.others(operation, name), argument_name(operation, name): UNSET}
        expected = await send(clients, operation, **self.others(operation, name))
        assert await send(clients, operation, **given) == expected
        assert all(name not in query and name not in body for query, body in expected)

    async def test_none_is_left_out_or_sent_as_null(self, operation, name, schema, clients):
        given = {**self.others(operation, name), argument_name(operation, name): None}
        expected = await send(clients, operation, **self.others(operation, name))
        if is_nullable(schema):
            expected = [(query, {**body, name: None}) for query, body in expected]
        assert await send(clients, operation, **given) == expected

    def test_default_is_the_value_that_is_left_out(self, operation, name, schema):
        parameters = inspect.signature(method_of(AsyncDuro("sk_test_1"), operation.id)).parameters
        default = parameters[argument_name(operation, name)].default
        assert default is (UNSET if is_nullable(schema) else None)


@pytest.mark.parametrize("value", [None, UNSET], ids=repr)
class TestRequiredArgument:
    @pytest.mark.parametrize(("operation", "name", "schema"), arguments(required=True))
    async def test_member_is_rejected_by_name(self, operation, name, schema, value, clients):
        path, given = plain_call(operation)
        argument = argument_name(operation, name)
        await self.check_rejection(clients, operation, *path, argument=argument, **{**given, argument: value})

    @pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{" in each.path], ids=lambda each: each.id)
    async def test_path_parameter_is_rejected_by_name(self, operation, value, clients):
        path, given = plain_call(operation)
        parameters = inspect.signature(method_of(AsyncDuro("sk_test_1"), operation.id)).parameters
        for index, name in enumerate([*parameters][: len(path)]):
            wrong = [*path[:index], value, *path[index + 1 :]]
            await self.check_rejection(clients, operation, *wrong, argument=name, **given)

    @pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.id in ONE_OF], ids=lambda each: each.id)
    async def test_one_of_several_is_required(self, operation, value, clients):
        path, given = plain_call(operation)
        names = [argument_name(operation, name) for name in ONE_OF[operation.id]]
        given |= dict.fromkeys(names, value)
        await self.check_rejection(clients, operation, *path, argument=" or ".join(names), **given)

    async def check_rejection(self, clients, operation, *path, argument, **given):
        clients.stub.requests.clear()
        for client in (clients.awaited, clients.blocking):
            with pytest.raises(InvalidArgumentError, match=rf"^{argument} must be .*, got (None|Unset|neither); pass "):
                await outcome(method_of(client, operation.id), *path, **given, **clients.credential(operation))
        assert clients.stub.requests == []
