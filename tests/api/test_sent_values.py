"""Values in requests: ids, metadata, default headers, ``UNSET`` and ``None``."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from duro import UNSET

pytestmark = pytest.mark.anyio


CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}


PROMO_CODE = {
    "id": "promo_1",
    "code": "LAUNCH50",
    "discountType": "percentage",
    "discountValue": 50,
    "duration": "once",
    "redeemedCount": 0,
    "remaining": None,
    "active": True,
    "expiresAt": None,
    "createdAt": "2026-01-01T00:00:00Z",
}


class TestValues:
    async def test_id_is_percent_encoded(self, client, transport):
        transport.responses = [CUSTOMER]
        for reference, path in [
            ("EXT-001", "EXT-001"),
            ("a b", "a%20b"),
            ("é", "%C3%A9"),
            ("a:b@c&d=e+f", "a%3Ab%40c%26d%3De%2Bf"),
        ]:
            await client.customers.retrieve_by_ref(reference)
            assert transport.last.url == f"https://sandbox.useduro.com/v1/customers/ref/{path}"

    async def test_unset_is_left_out_and_none_is_sent_as_null(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.create(name="Ada", email=UNSET)
        assert transport.last.content == b'{"name":"Ada"}'
        transport.responses = [PROMO_CODE]
        await client.promo_codes.update("promo_1", active=True)
        assert transport.last.content == b'{"active":true}'
        await client.promo_codes.update("promo_1", expires_at=None, max_redemptions=None)
        assert json.loads(transport.last.content) == {"expiresAt": None, "maxRedemptions": None}

    async def test_metadata_is_sent_unchanged(self, client, transport):
        transport.responses = [CUSTOMER]
        metadata = {"snake_case": [1, {"deep": None}], "at": datetime(2026, 1, 1, tzinfo=UTC)}
        await client.customers.create(metadata=metadata)
        assert json.loads(transport.last.content) == {
            "metadata": {"snake_case": [1, {"deep": None}], "at": "2026-01-01T00:00:00.000Z"}
        }

    async def test_default_headers(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.retrieve("cus_1")
        assert transport.header("accept") == ["application/json"]
        assert transport.header("user-agent")[0].startswith("duro-sdk-python")
        assert transport.last.content is None
        assert transport.header("content-type") == []
