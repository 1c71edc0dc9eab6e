"""Every operation, called once by each client, finds no fault with a validator that nobody here wrote."""

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
class TestNoViolation:
    async def test_awaited(self, operation, prism):
        async with AsyncDuro(SECRET_KEY, base_url=prism, retries=0) as client:
            await check(client, operation)

    async def test_blocking(self, operation, prism):
        with Duro(SECRET_KEY, base_url=prism, retries=0) as client:
            await check(client, operation)


class TestPrismCanFail:
    """The same server refuses what is wrong, so that its silence means something."""

    def test_body_without_what_is_required(self, plain):
        answer = plain.post("/v1/plans", json={"name": "Pro"}, headers=BEARER)
        assert answer.status_code == 422
        assert "amount" in answer.text

    def test_query_beyond_its_bound(self, plain):
        assert plain.get("/v1/plans", params={"limit": 101}, headers=BEARER).status_code == 422

    def test_call_without_its_credential(self, plain):
        assert plain.get("/v1/plans").status_code == 401
        assert plain.get("/portal/email/wallet", headers=BEARER).status_code == 401

    def test_path_that_there_is_not(self, plain):
        assert plain.get("/v1/refunds", headers=BEARER).status_code == 404
