"""Each option of a call is seen on the wire, and each call in ``capture()``: for every method of both clients."""

from __future__ import annotations

import pytest

from duro import ClientCredentials, IdentityToken, PortalSession, SecretKey, capture
from duro.errors import ConfigurationError, DuroError, InvalidArgumentError
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import OPERATIONS
from tests.support.contract.rules import OWN_BODY, plain_call, surface_of

pytestmark = [
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
PROOFS = {
    "merchant": ("authorization", "Bearer sk_test_another"),
    "identity": ("authorization", "Bearer another-identity"),
    "portal": ("x-portal-session", "another-session"),
    "oauth": ("authorization", "Bearer granted"),
}


@pytest.fixture
def call(callers, kind, operation):
    """Make a call of the operation that is refused; give the one request that left, or none."""
    callers.stub.refuses()
    callers.stub.requests.clear()

    async def make(**options):
        path, arguments = plain_call(operation)
        with pytest.raises(DuroError) as caught:
            await outcome(
                method_of(getattr(callers, kind), operation.id),
                *path,
                **arguments,
                **{**callers.credential(operation), **options},
            )
        return callers.stub.requests[0] if callers.stub.requests else caught.value

    callers.stub.grants = operation.id not in OWN_BODY
    yield make
    callers.stub.grants = False


def taken_by(operation):
    """Tell which credentials an operation takes; a public one takes any and sends none."""
    surface = surface_of(operation)
    return {"public": set(CREDENTIALS), "merchant": {"merchant", "oauth"}}.get(surface, {surface})


async def test_timeout_is_the_requests(operation, call):
    longest = {True: 10.0, False: 8.0}[operation.id in OWN_BODY]
    assert longest - 0.5 < (await call(timeout=7)).timeout <= longest


async def test_further_headers_are_sent(call):
    assert (await call(headers={"X-Trace": "abc"})).headers.get("x-trace") == "abc"


async def test_key_of_the_caller_is_sent_and_a_read_refuses_one(operation, call):
    answer = await call(idempotency_key="key-1")
    if "Idempotency-Key" in operation.parameters["header"]:
        assert answer.headers.get("idempotency-key") == "key-1"
    else:
        assert isinstance(answer, InvalidArgumentError)
        assert "idempotency_key" in str(answer)


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_credential_goes_where_it_belongs_and_nowhere_else(operation, call, name):
    answer = await call(credential=CREDENTIALS[name])
    if name not in taken_by(operation):
        assert isinstance(answer, ConfigurationError)
        return
    sent = {each: answer.headers.get(each) for each in ("authorization", "x-portal-session")}
    proof = dict([PROOFS[name]]) if operation.security else {}
    assert sent == {"authorization": None, "x-portal-session": None, **proof}


async def test_call_is_captured(operation, call):
    with capture() as calls:
        await call()
    if operation.id in OWN_BODY:
        # An exchange is no call of the API: its headers and body are secret.
        assert calls == []
        return
    [seen] = calls
    assert (seen.operation, seen.status, seen.attempts) == (operation.id, 404, 1)
    assert (seen.idempotency_key is not None) == ("Idempotency-Key" in operation.parameters["header"])


async def test_misspelt_option_is_refused(callers, kind, operation, call):
    path, arguments = plain_call(operation)
    with pytest.raises(TypeError, match="unexpected keyword argument 'timeuot'"):
        await outcome(method_of(getattr(callers, kind), operation.id), *path, **arguments, timeuot=5)
    assert callers.stub.requests == []
