"""Bytes of requests, which are the same over each transport of the SDK."""

from __future__ import annotations

import pytest

from duro import AsyncDuro
from tests.support.raw_http import KEY, OK, respond_with
from tests.support.transports import NAMES


async def receive_requests(server, transport):
    """Make calls of each kind, and return the parts of each request: first line, sorted header lines, body."""
    async with AsyncDuro(KEY, base_url=server.url, transport=transport) as client:
        await client.request("POST", "/v1/a%2Fb", params={"c": " +"}, json={"name": "Ada"}, idempotency_key="k-1")
        await client.request("POST", "/v1/empty", idempotency_key="k-2")
        await client.request("GET", "/v1/read")
    return [parse(request.replace(server.url.partition("//")[2].encode(), b"")) for request in server.requests]


def parse(request):
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.splitlines()
    # aiohttp writes the names of headers in another case.
    return (
        first,
        sorted(name.lower() + b":" + value for name, _, value in (line.partition(b":") for line in lines)),
        body,
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("transport", [name for name in NAMES if name != "default"])
async def test_requests_are_those_of_the_default_transport(raw_server, transport):
    expected = await receive_requests(raw_server(respond_with(OK)), "httpx")
    assert len(expected) == 3
    assert await receive_requests(raw_server(respond_with(OK)), transport) == expected
