"""Per-call options and ``capture()``, checked for every method of both clients."""

from __future__ import annotations

import pytest

from duro import ClientCredentials, IdentityToken, PortalSession, SecretKey, capture
from duro.errors import ConfigurationError, DuroError, InvalidArgumentError
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import OPERATIONS
from tests.support.contract.rules import OWN_BODY, plain_call, surface_of

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.anyio,
    pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id),
    pytest.mark.parametrize("kind", ["awaited", "blocking"]),
]

CREDENTIALS = {
    "merchant": SecretKey("sk_test_another"),
    "oauth": ClientCredentials("cid_test_1", "csec_test_1"),
    "identity": IdentityToken("another-identity"),
    "portal": PortalSession("another-session"),
}
EXPECTED_HEADERS = {
    "merchant": ("authorization", "Bearer sk_test_another"),
    "identity": ("authorization", "Bearer another-identity"),
    "portal": ("x-portal-session", "another-session"),
    "oauth": ("authorization", "Bearer granted"),
}


@pytest.fixture
def call(clients, kind, operation):
    """Return a function that calls the operation with options, and returns its request, or the error before it."""
    clients.stub.reject()
    clients.stub.requests.clear()

    async def make(**options):
        path, arguments = plain_call(operation)
        with pytest.raises(DuroError) as caught:
            await outcome(
                method_of(getattr(clients, kind), operation.id),
                *path,
                **arguments,
                **{**clients.credential(operation), **options},
            )
        return clients.stub.requests[0] if clients.stub.requests else caught.value

    clients.stub.grants_tokens = operation.id not in OWN_BODY
    yield make
    clients.stub.grants_tokens = False


def accepted_credentials(operation):
    """Return the credentials that an operation accepts; a public one accepts all and sends none."""
    surface = surface_of(operation)
    return {"public": set(CREDENTIALS), "merchant": {"merchant", "oauth"}}.get(surface, {surface})


async def test_timeout_is_the_deadline(operation, call):
    # A second more than the time left, which is a little less than the timeout.
    longest = {True: 10.0, False: 501.0}[operation.id in OWN_BODY]
    assert longest * 0.9 < (await call(timeout=500)).timeout <= longest


async def test_additional_headers_are_sent(call):
    assert (await call(headers={"X-Trace": "abc"})).headers.get("x-trace") == "abc"


async def test_writes_send_the_idempotency_key_and_reads_reject_it(operation, call):
    response = await call(idempotency_key="key-1")
    if "Idempotency-Key" in operation.parameters["header"]:
        assert response.headers.get("idempotency-key") == "key-1"
    else:
        assert isinstance(response, InvalidArgumentError)
        assert "idempotency_key" in str(response)


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_credential_is_sent_in_its_own_header_only(operation, call, name):
    response = await call(credential=CREDENTIALS[name])
    if name not in accepted_credentials(operation):
        assert isinstance(response, ConfigurationError)
        return
    sent = {each: response.headers.get(each) for each in ("authorization", "x-portal-session")}
    expected = dict([EXPECTED_HEADERS[name]]) if operation.security else {}
    assert sent == {"authorization": None, "x-portal-session": None, **expected}


async def test_call_is_captured(operation, call):
    with capture() as calls:
        await call()
    if operation.id in OWN_BODY:
        # capture() excludes token exchanges, because their headers and body are secret.
        assert calls == []
        return
    [seen] = calls
    assert (seen.operation, seen.status, seen.attempts) == (operation.id, 404, 1)
    assert (seen.idempotency_key is not None) == ("Idempotency-Key" in operation.parameters["header"])


async def test_misspelt_option_is_rejected(clients, kind, operation, call):
    path, arguments = plain_call(operation)
    with pytest.raises(TypeError, match="unexpected keyword argument 'timeuot'"):
        await outcome(method_of(getattr(clients, kind), operation.id), *path, **arguments, timeuot=5)
    assert clients.stub.requests == []
