"""One page on its way while another is worked on."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from duro import AsyncDuro, AsyncPages, Duro, Page, capture
from duro.errors import ConnectionFailedError, InternalServerError

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


class Book:
    """A list of numbers, three on a page, whose pages are handed out when the test says so."""

    def __init__(self, count):
        self.count = count
        self.asked = []
        self.given = []
        self.faults = {}
        self.gate = None

    async def fetch(self, cursor):
        self.asked.append(cursor)
        await anyio.lowlevel.checkpoint()
        if self.gate is not None:
            await self.gate.wait()
        if fault := self.faults.pop(cursor, None):
            raise fault
        self.given.append(cursor)
        begin = int(cursor or 0)
        end = min(begin + 3, self.count)
        more = end < self.count
        return Page(items=tuple(range(begin, end)), next_cursor=str(end) if more else None, has_more=more)

    def pages(self, cursor=None):
        return AsyncPages(self.fetch, cursor).prefetch()


pytestmark = pytest.mark.anyio


async def until(holds):
    """Let other tasks run until something holds; a bug ends in the test's time limit."""
    while not holds():
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9, 10])
async def test_every_item_comes_once_and_in_order(count):
    book = Book(count)
    assert [item async for item in book.pages()] == list(range(count))
    assert await book.pages().collect() == list(range(count))
    assert [item async for page in book.pages().by_page() for item in page.items] == list(range(count))
    assert len(book.asked) == 3 * max(1, -(-count // 3))


async def test_the_next_page_is_there_before_it_is_asked_for_and_no_other():
    book = Book(30)
    pages = book.pages().by_page()
    await anext(pages)
    await until(lambda: book.given == [None, "3"])
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert book.asked == [None, "3"]
    await anext(pages)
    await until(lambda: book.given == [None, "3", "6"])


async def test_without_it_nothing_is_asked_ahead():
    book = Book(30)
    pages = AsyncPages(book.fetch).by_page()
    await anext(pages)
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert book.asked == [None]


async def test_the_first_page_alone_asks_for_no_other():
    book = Book(30)
    await book.pages().page()
    for _ in range(10):
        await anyio.lowlevel.checkpoint()
    assert book.asked == [None]


async def test_cursor_does_not_run_ahead():
    book = Book(30)
    pages = book.pages()
    items = aiter(pages)
    await anext(items)
    await until(lambda: book.given == [None, "3"])
    assert pages.cursor is None
    for _ in range(3):
        await anext(items)
    assert pages.cursor == "3"


async def test_failure_is_raised_where_the_page_is_wanted_and_the_walk_goes_on():
    book = Book(9)
    book.faults["3"] = InternalServerError("broken", status=500)
    pages = book.pages().by_page()
    assert (await anext(pages)).items == (0, 1, 2)
    with pytest.raises(InternalServerError):
        await anext(pages)
    assert (await anext(pages)).items == (3, 4, 5)
    assert (await anext(pages)).items == (6, 7, 8)


async def test_wait_that_is_cancelled_loses_no_page():
    book = Book(9)
    pages = book.pages().by_page()
    await anext(pages)
    book.gate = anyio.Event()
    await until(lambda: book.asked == [None, "3"])
    with anyio.CancelScope() as scope:
        scope.cancel()
        await anext(pages)
    assert scope.cancelled_caught
    book.gate.set()
    assert (await anext(pages)).items == (3, 4, 5)
    assert book.asked == [None, "3", "6"][: len(book.asked)]
    assert book.asked.count("3") == 1


async def test_what_would_end_the_event_loop_goes_to_who_walks():
    book = Book(9)
    book.faults["3"] = SystemExit(3)
    pages = book.pages().by_page()
    await anext(pages)
    with pytest.raises(SystemExit):
        await anext(pages)


async def test_walk_goes_on_in_another_event_loop(anyio_backend):
    book = Book(9)
    pages = book.pages().by_page()
    begun = await anyio.to_thread.run_sync(anyio.run, pages.__anext__)
    assert begun.items == (0, 1, 2)
    assert (await anext(pages)).items == (3, 4, 5)
    assert (await anext(pages)).items == (6, 7, 8)


async def test_request_of_a_page_left_behind_is_of_no_consequence(wire):
    wire.answers = [{"items": [], "nextCursor": "c", "hasMore": True}, ConnectionFailedError("gone")]
    async with AsyncDuro(SECRET_KEY, transport=wire, retries=0) as client:
        async for _ in client.plans.list().prefetch().by_page():
            break
        await until(lambda: len(wire.requests) == 2)


async def test_call_ahead_is_captured(wire):
    first = {"items": [], "nextCursor": "c", "hasMore": True}
    wire.answers = [first, {"items": [], "nextCursor": None, "hasMore": False}]
    async with AsyncDuro(SECRET_KEY, transport=wire) as client:
        with capture() as calls:
            assert [page async for page in client.plans.list().prefetch().by_page()]
    assert [call.operation for call in calls] == ["listPlans", "listPlans"]


class TestBlocking:
    def test_same_walk(self, wire):
        first = {"items": [], "nextCursor": "c", "hasMore": True}
        wire.answers = [first, {"items": [], "nextCursor": None, "hasMore": False}]
        with Duro(SECRET_KEY, transport=wire) as client, capture() as calls:
            assert len(list(client.plans.list().prefetch().by_page())) == 2
        assert [request.url.partition("?")[2] for request in wire.requests] == ["", "cursor=c"]
        assert len(calls) == 2
