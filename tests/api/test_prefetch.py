"""Prefetching: one page loads in the background while another is processed."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from duro import AsyncDuro, AsyncPages, Duro, Page, capture
from duro.errors import ConnectionFailedError, InternalServerError

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


class NumberList:
    """List of numbers, three on a page. With ``gate``, pages wait until the test opens it."""

    def __init__(self, count):
        self.count = count
        self.requested = []
        self.given = []
        self.errors_by_cursor = {}
        self.gate = None

    async def fetch(self, cursor):
        self.requested.append(cursor)
        await anyio.lowlevel.checkpoint()
        if self.gate is not None:
            await self.gate.wait()
        if fault := self.errors_by_cursor.pop(cursor, None):
            raise fault
        self.given.append(cursor)
        begin = int(cursor or 0)
        end = min(begin + 3, self.count)
        more = end < self.count
        return Page(items=tuple(range(begin, end)), next_cursor=str(end) if more else None, has_more=more)

    def pages(self, cursor=None):
        return AsyncPages(self.fetch, cursor).prefetch()


pytestmark = pytest.mark.anyio


async def wait_until(condition):
    """Run other tasks until a condition is true. If it stays false, the test's time limit ends the test."""
    while not condition():
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9, 10])
async def test_every_item_comes_once_and_in_order(count):
    numbers = NumberList(count)
    assert [item async for item in numbers.pages()] == list(range(count))
    assert await numbers.pages().collect() == list(range(count))
    assert [item async for page in numbers.pages().by_page() for item in page.items] == list(range(count))
    assert len(numbers.requested) == 3 * max(1, -(-count // 3))


async def test_one_page_is_loaded_in_advance():
    numbers = NumberList(30)
    pages = numbers.pages().by_page()
    await anext(pages)
    await wait_until(lambda: numbers.given == [None, "3"])
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert numbers.requested == [None, "3"]
    await anext(pages)
    await wait_until(lambda: numbers.given == [None, "3", "6"])


async def test_no_page_is_loaded_in_advance_by_default():
    numbers = NumberList(30)
    pages = AsyncPages(numbers.fetch).by_page()
    await anext(pages)
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert numbers.requested == [None]


async def test_first_page_does_not_load_the_next():
    numbers = NumberList(30)
    await numbers.pages().page()
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert numbers.requested == [None]


async def test_cursor_ignores_the_prefetched_page():
    numbers = NumberList(30)
    pages = numbers.pages()
    items = aiter(pages)
    await anext(items)
    await wait_until(lambda: numbers.given == [None, "3"])
    assert pages.cursor is None
    for _ in range(3):
        await anext(items)
    assert pages.cursor == "3"


async def test_failure_is_raised_when_the_page_is_needed_and_iteration_continues():
    numbers = NumberList(9)
    numbers.errors_by_cursor["3"] = InternalServerError("broken", status=500)
    pages = numbers.pages().by_page()
    assert (await anext(pages)).items == (0, 1, 2)
    with pytest.raises(InternalServerError):
        await anext(pages)
    assert (await anext(pages)).items == (3, 4, 5)
    assert (await anext(pages)).items == (6, 7, 8)


async def test_cancelled_wait_does_not_lose_the_page():
    numbers = NumberList(9)
    pages = numbers.pages().by_page()
    await anext(pages)
    numbers.gate = anyio.Event()
    await wait_until(lambda: numbers.requested == [None, "3"])
    with anyio.CancelScope() as scope:
        scope.cancel()
        await anext(pages)
    assert scope.cancelled_caught
    numbers.gate.set()
    assert (await anext(pages)).items == (3, 4, 5)
    assert numbers.requested == [None, "3", "6"][: len(numbers.requested)]
    assert numbers.requested.count("3") == 1


async def test_system_exit_is_raised_in_the_iteration():
    numbers = NumberList(9)
    numbers.errors_by_cursor["3"] = SystemExit(3)
    pages = numbers.pages().by_page()
    await anext(pages)
    with pytest.raises(SystemExit):
        await anext(pages)


async def test_iteration_continues_in_another_event_loop(anyio_backend):
    numbers = NumberList(9)
    pages = numbers.pages().by_page()
    begun = await anyio.to_thread.run_sync(anyio.run, pages.__anext__)
    assert begun.items == (0, 1, 2)
    assert (await anext(pages)).items == (3, 4, 5)
    assert (await anext(pages)).items == (6, 7, 8)


async def test_failed_prefetch_after_the_loop_is_ignored(transport):
    transport.responses = [{"items": [], "nextCursor": "c", "hasMore": True}, ConnectionFailedError("gone")]
    async with AsyncDuro(SECRET_KEY, transport=transport, retries=0) as client:
        async for _ in client.plans.list().prefetch().by_page():
            break
        await wait_until(lambda: len(transport.requests) == 2)


async def test_prefetch_is_captured(transport):
    first = {"items": [], "nextCursor": "c", "hasMore": True}
    transport.responses = [first, {"items": [], "nextCursor": None, "hasMore": False}]
    async with AsyncDuro(SECRET_KEY, transport=transport) as client:
        with capture() as calls:
            assert [page async for page in client.plans.list().prefetch().by_page()]
    assert [call.operation for call in calls] == ["listPlans", "listPlans"]


class TestBlocking:
    def test_iteration(self, transport):
        first = {"items": [], "nextCursor": "c", "hasMore": True}
        transport.responses = [first, {"items": [], "nextCursor": None, "hasMore": False}]
        with Duro(SECRET_KEY, transport=transport) as client, capture() as calls:
            assert len(list(client.plans.list().prefetch().by_page())) == 2
        assert [request.url.partition("?")[2] for request in transport.requests] == ["", "cursor=c"]
        assert len(calls) == 2
