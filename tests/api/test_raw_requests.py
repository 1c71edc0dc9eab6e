"""Raw requests: any method and path, plain data in both directions."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.anyio


class TestRawRequests:
    async def test_query_and_body_are_sent(self, client, transport):
        transport.responses = [{"anything": 1}]
        response = await client.request("post", "/v1/anything", params={"a": "x y", "n": 5}, json={"snake_case": None})
        assert response == {"anything": 1}
        assert transport.last.method == "POST"
        assert transport.last.url == "https://sandbox.useduro.com/v1/anything?a=x+y&n=5"
        assert json.loads(transport.last.content) == {"snake_case": None}
        assert transport.header("content-type") == ["application/json"]
        assert len(transport.header("idempotency-key")) == 1

    async def test_booleans_are_lower_case_in_the_query(self, client, transport):
        await client.request("GET", "/v1/anything", params={"yes": True, "no": False})
        assert transport.last.url.endswith("?yes=true&no=false")

    async def test_json_none_sends_null_and_no_json_sends_no_body(self, client, transport):
        await client.request("POST", "/v1/anything", json=None)
        assert transport.last.content == b"null"
        await client.request("POST", "/v1/anything")
        assert transport.last.content is None
        assert transport.header("content-type") == []

    async def test_empty_response_is_none(self, client, transport):
        transport.responses = [b""]
        assert await client.request("DELETE", "/v1/anything") is None

    async def test_wrapped_response_is_returned_unchanged(self, client, transport):
        transport.responses = [{"ok": True, "data": 1}]
        assert await client.request("GET", "/v1/anything") == {"ok": True, "data": 1}
