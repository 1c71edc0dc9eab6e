"""Requests of both clients follow the contract, for any valid arguments."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote, urlsplit

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from duro.errors import NotFoundError, TokenExchangeError
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import OPERATIONS
from tests.support.contract.rules import OWN_BODY, arguments_of, bodies, in_order, paths, queries

HOST = "https://sandbox.useduro.com"
AUTHORIZATIONS = {
    ("bearerAuth", False): ("authorization", "Bearer sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
    ("bearerAuth", True): ("authorization", "Bearer identity-token"),
    ("portalSession", False): ("x-portal-session", "portal-session"),
}


def check(schema, value):
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def check_request(operation, request, *, path, query, body):
    """Compare a request with the contract and the given values."""
    url = urlsplit(request.url)
    assert request.method == operation.method
    assert f"{url.scheme}://{url.netloc}" == HOST
    assert [unquote(step) for step in url.path.split("/")] == operation.path.format(**path).split("/")
    for name, value in path.items():
        check(operation.parameters["path"][name], value)
    check_query(operation, url.query, query)
    check_body(operation, request, body)
    check_headers(operation, request)


def check_query(operation, encoded, query):
    sent = {name: value for name, [value] in parse_qs(encoded, keep_blank_values=True, strict_parsing=False).items()}
    assert sent == {name: str(value) for name, value in query.items()}
    for name, value in query.items():
        check(operation.parameters["query"][name], value)


def check_body(operation, request, body):
    if operation.body is None:
        assert request.content is None
        assert request.headers.get("content-type") is None
        return
    sent = json.loads(request.content)
    check({**operation.body, "additionalProperties": False}, sent)
    assert request.headers.get("content-type") == "application/json"
    assert operation.id in OWN_BODY or sent == body


def check_headers(operation, request):
    names = [name for name, _ in request.headers]
    assert len(names) == len(set(names))
    assert (b"idempotency-key" in names) == ("Idempotency-Key" in operation.parameters["header"])
    [scheme] = operation.security or [None]
    expected = AUTHORIZATIONS.get((scheme, operation.path.startswith("/identity")))
    for name in ("authorization", "x-portal-session"):
        assert request.headers.get(name) == (expected[1] if expected and expected[0] == name else None)


# Only data.draw() before anyio.run: an exception of hypothesis inside the event loop would be reported as an error.
@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_request_follows_the_contract(operation, data, clients, anyio_backend):
    path, query, body = (data.draw(make(operation)) for make in (paths, queries, bodies))
    arguments = {**arguments_of(operation, query, body), **clients.credential(operation)}
    error = TokenExchangeError if operation.id in OWN_BODY else NotFoundError
    clients.stub.reject()
    clients.stub.requests.clear()

    async def call():
        for client in (clients.awaited, clients.blocking):
            with pytest.raises(error):
                await outcome(method_of(client, operation.id), *in_order(operation, path), **arguments)

    anyio.run(call, backend=anyio_backend)
    for request in clients.stub.requests:
        check_request(operation, request, path=path, query=query, body=body)
    assert len(clients.stub.requests) == 2
