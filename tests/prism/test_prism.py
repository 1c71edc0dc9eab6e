"""Every operation, called once by each client, sends a request that Prism accepts."""

from __future__ import annotations

import pytest

from duro import AsyncDuro, Duro, SecretKey, capture
from tests.support.contract.methods import method_of, outcome
from tests.support.contract.openapi import OPERATIONS
from tests.support.contract.rules import CREDENTIALS, OWN_BODY, plain_call, surface_of

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
BEARER = {"authorization": f"Bearer {SECRET_KEY}"}
VIOLATIONS = "sl-violations"


async def check(client, operation):
    path, arguments = plain_call(operation)
    credential = CREDENTIALS.get(surface_of(operation), SecretKey(SECRET_KEY))
    with capture() as calls:
        await outcome(method_of(client, operation.id), *path, **arguments, credential=credential)
    if operation.id not in OWN_BODY:
        [call] = calls
        assert (call.operation, call.status) == (operation.id, operation.status)
        assert VIOLATIONS not in call.headers


@pytest.mark.anyio
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
class TestOperation:
    async def test_asynchronous(self, operation, prism):
        async with AsyncDuro(SECRET_KEY, base_url=prism, retries=0) as client:
            await check(client, operation)

    async def test_blocking(self, operation, prism):
        with Duro(SECRET_KEY, base_url=prism, retries=0) as client:
            await check(client, operation)


class TestInvalidRequest:
    """Prism rejects invalid requests, so a request that it accepts is valid."""

    def test_body_without_a_required_member(self, http):
        response = http.post("/v1/plans", json={"name": "Pro"}, headers=BEARER)
        assert response.status_code == 422
        assert "amount" in response.text

    def test_query_above_its_maximum(self, http):
        assert http.get("/v1/plans", params={"limit": 101}, headers=BEARER).status_code == 422

    def test_call_without_a_credential(self, http):
        assert http.get("/v1/plans").status_code == 401
        assert http.get("/portal/email/wallet", headers=BEARER).status_code == 401

    def test_unknown_path(self, http):
        assert http.get("/v1/refunds", headers=BEARER).status_code == 404
