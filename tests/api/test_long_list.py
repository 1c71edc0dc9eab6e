"""Memory of a client that iterates over a million items: it stays at one page, models included."""

from __future__ import annotations

import gc
import json
import sys

import pytest

from duro import AsyncDuro, Duro, Response
from duro.http.request import Headers

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
ITEMS = 1_000_000  # a tenth for the blocking client, where only the portal is new
SIZE = 100
CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}
REST = json.dumps([CUSTOMER] * SIZE)


class LongList:
    """Transport that serves customers page by page, and counts allocated blocks ten times."""

    def __init__(self, items):
        self.items = items
        self.pages = 0
        self.blocks = []

    async def send(self, request):
        self.pages += 1
        if self.pages % (self.items // SIZE // 10) == 0:
            gc.collect()
            self.blocks.append(sys.getallocatedblocks())
        more = self.pages < self.items // SIZE
        rest = f', "hasMore": {json.dumps(more)}, "nextCursor": {json.dumps(str(self.pages) if more else None)}}}'
        return Response(200, Headers(), f'{{"items": {REST}{rest}'.encode())

    async def aclose(self):
        pass

    def check(self, count):
        assert count == self.items
        assert self.pages == self.items // SIZE
        # A page of customers is about 500 blocks. A list of all items, or of all cursors, would be tens of thousands.
        assert max(self.blocks) - min(self.blocks) < 5_000, self.blocks


@pytest.mark.load
@pytest.mark.asyncio
@pytest.mark.timeout(300)
async def test_awaited_with_prefetching():
    transport = LongList(ITEMS)
    async with AsyncDuro(SECRET_KEY, transport=transport) as client:
        count = 0
        async for _ in client.customers.list(page_size=SIZE).prefetch():
            count += 1
    transport.check(count)


@pytest.mark.load
@pytest.mark.timeout(300)
def test_blocking():
    transport = LongList(ITEMS // 10)
    with Duro(SECRET_KEY, transport=transport) as client:
        count = sum(1 for _ in client.customers.list(page_size=SIZE))
    transport.check(count)
