"""Pages: iteration, resuming, and limits, for both clients."""

from __future__ import annotations

import tracemalloc

import anyio
import anyio.lowlevel
import pytest

from duro import UNSET, AsyncPages, Duro, Page, Pages
from duro.errors import DecodingError, DuroError, InternalServerError, InvalidArgumentError

pytestmark = pytest.mark.anyio


CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}


class NumberList:
    """List of numbers, served page by page; it records the requested cursors."""

    def __init__(self, count, size=3):
        self.count = count
        self.size = size
        self.requested = []
        self.errors_by_cursor = {}

    async def fetch(self, cursor):
        self.requested.append(cursor)
        await anyio.lowlevel.checkpoint()
        if fault := self.errors_by_cursor.pop(cursor, None):
            raise fault
        begin = 0 if cursor is None else int(cursor)
        end = min(begin + self.size, self.count)
        more = end < self.count
        return Page(items=tuple(range(begin, end)), next_cursor=str(end) if more else None, has_more=more)

    def pages(self, cursor=None):
        return AsyncPages(self.fetch, cursor)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 10])
async def test_every_item_comes_once_and_in_order(count):
    numbers = NumberList(count)
    assert [item async for item in numbers.pages()] == list(range(count))
    assert await numbers.pages().collect() == list(range(count))
    assert [item async for page in numbers.pages().by_page() for item in page.items] == list(range(count))
    assert len(numbers.requested) == 3 * max(1, -(-count // 3))


async def test_pages_are_fetched_when_needed():
    numbers = NumberList(9)
    pages = numbers.pages()
    items = aiter(pages)
    assert numbers.requested == []
    for _ in range(3):
        await anext(items)
    assert numbers.requested == [None]
    await anext(items)
    assert numbers.requested == [None, "3"]


async def test_each_iteration_starts_at_the_first_page():
    pages = NumberList(5).pages()
    assert [item async for item in pages] == [item async for item in pages]
    first = aiter(pages)
    await anext(first)
    assert await anext(aiter(pages)) == 0
    assert await anext(first) == 1


async def test_exhausted_iterators_stay_exhausted():
    pages = NumberList(2).pages()
    for iterator in (aiter(pages), pages.by_page()):
        assert aiter(iterator) is iterator
        async for _ in iterator:
            pass
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await anext(iterator)


async def test_first_page_and_its_cursor():
    numbers = NumberList(7)
    pages = numbers.pages()
    page = await pages.page()
    assert (page.items, page.next_cursor, page.has_more) == ((0, 1, 2), "3", True)
    assert pages.cursor == "3"
    assert numbers.requested == [None]


@pytest.mark.parametrize(
    ("limit", "fetched", "cursor"), [(1, 1, None), (3, 1, "3"), (4, 2, "3"), (6, 2, "6"), (7, 3, None), (99, 3, None)]
)
async def test_collect_stops_at_the_limit(limit, fetched, cursor):
    numbers = NumberList(7)
    pages = numbers.pages()
    assert await pages.collect(limit=limit) == list(range(min(limit, 7)))
    assert len(numbers.requested) == fetched
    assert pages.cursor == cursor


@pytest.mark.parametrize("limit", [None, UNSET], ids=repr)
async def test_collect_without_a_limit_returns_all_items(limit):
    assert await NumberList(7).pages().collect(limit=limit) == list(range(7))


@pytest.mark.parametrize("limit", [0, -1, True, "5", 1.0])
async def test_invalid_limits_are_rejected_before_the_first_request(limit):
    numbers = NumberList(3)
    with pytest.raises(InvalidArgumentError, match="limit"):
        await numbers.pages().collect(limit=limit)
    assert numbers.requested == []


class TestResuming:
    @pytest.mark.parametrize("taken", range(12))
    async def test_unprocessed_items_are_repeated(self, taken):
        numbers = NumberList(10)
        pages = numbers.pages()
        seen = []
        async for item in pages:
            if len(seen) == taken:
                break
            seen.append(item)
        rest = await numbers.pages(pages.cursor).collect()
        if taken <= 10:
            assert set(seen) | set(rest) == set(range(10))
        if pages.cursor is not None:
            assert rest == list(range(int(pages.cursor), 10))
            assert len(seen) - int(pages.cursor) <= numbers.size

    @pytest.mark.parametrize("taken", range(1, 5))
    async def test_page_in_progress_is_repeated(self, taken):
        numbers = NumberList(12)
        pages = numbers.pages()
        iterate = pages.by_page()
        for _ in range(taken):
            page = await anext(iterate)
        rest = await numbers.pages(pages.cursor).collect()
        assert rest[: numbers.size] == list(page.items)

    async def test_resume_at_the_failed_page(self):
        numbers = NumberList(9)
        numbers.errors_by_cursor["6"] = InternalServerError("x", status=500)
        pages = numbers.pages()
        seen = []

        async def iterate():
            async for item in pages:
                seen.append(item)  # noqa: PERF401 - what came before the failure counts

        with pytest.raises(InternalServerError):
            await iterate()
        assert pages.cursor == "6"
        assert seen + await numbers.pages(pages.cursor).collect() == list(range(9))

    async def test_iterator_continues_after_a_failure(self):
        numbers = NumberList(9)
        numbers.errors_by_cursor["3"] = InternalServerError("x", status=500)
        items = aiter(numbers.pages())
        seen = [await anext(items) for _ in range(3)]
        with pytest.raises(InternalServerError):
            await anext(items)
        assert seen + [item async for item in items] == list(range(9))

    async def test_cursor_is_none_before_the_first_and_after_the_last_page(self):
        pages = NumberList(7).pages()
        assert pages.cursor is None
        await pages.collect()
        assert pages.cursor is None
        assert NumberList(7).pages("3").cursor == "3"

    async def test_iteration_starts_at_the_given_cursor(self):
        numbers = NumberList(10)
        assert [item async for item in numbers.pages("6")] == [6, 7, 8, 9]
        assert numbers.requested == ["6", "9"]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["items", "by_page"])
async def test_long_iteration_needs_the_memory_of_one_page(way):
    async def fetch(cursor):
        begin = int(cursor or 0)
        items = tuple({"id": begin + offset, "filling": "x" * 100} for offset in range(100))
        return Page(items=items, next_cursor=str(begin + 100), has_more=begin + 100 < 120_000)

    async def count(pages):
        total = 0
        if way == "items":
            async for _ in pages:
                total += 1
        else:
            async for page in pages.by_page():
                total += len(page.items)
        return total

    tracemalloc.start()
    try:
        assert await count(AsyncPages(fetch)) == 120_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


async def test_list_without_a_cursor_is_one_page(client, transport):
    subscription = {
        "id": "sub_1",
        "status": "active",
        "planId": "p",
        "cyclesCompleted": 0,
        "createdAt": "2026-01-01T00:00:00Z",
    }
    transport.responses = [{"items": [subscription]}]
    pages = client.customers.list_subscriptions("cus_1")
    assert [each.id async for each in pages] == ["sub_1"]
    assert pages.cursor is None
    assert len(transport.requests) == 1
    assert transport.last.url.endswith("/v1/customers/cus_1/subscriptions")


async def test_page_size_and_cursor_are_sent_with_each_page(client, transport):
    transport.responses = [
        {"items": [], "nextCursor": "c&2=é", "hasMore": True},
        {"items": [], "nextCursor": None, "hasMore": False},
    ]
    await client.plans.list(page_size=5, cursor="c 1").collect()
    queries = [request.url.partition("?")[2] for request in transport.requests]
    assert queries == ["limit=5&cursor=c+1", "limit=5&cursor=c%262%3D%C3%A9"]


async def test_cursor_with_a_lone_surrogate_raises_a_duro_error(client, transport):
    transport.responses = [b'{"items":[],"nextCursor":"\\ud800","hasMore":true}', {"items": []}]
    with pytest.raises(DuroError):
        await client.plans.list().collect()


async def test_cursor_without_has_more_continues_the_list(client, transport):
    transport.responses = [
        {"items": [CUSTOMER], "nextCursor": "a"},
        {"items": [CUSTOMER], "nextCursor": "b", "hasMore": True},
        {"items": [CUSTOMER], "nextCursor": None},
    ]
    pages = client.customers.list()
    assert len(await pages.collect()) == 3
    assert [request.url.partition("?")[2] for request in transport.requests] == ["", "cursor=a", "cursor=b"]
    assert pages.cursor is None


@pytest.mark.parametrize("end", [{}, {"nextCursor": None}, {"nextCursor": ""}, {"nextCursor": "a", "hasMore": False}])
async def test_list_ends_without_a_cursor_or_with_has_more_false(end, client, transport):
    transport.responses = [{"items": [CUSTOMER], **end}]
    page = await client.customers.list().page()
    assert page.has_more is False
    assert len(await client.customers.list().collect()) == 1
    assert len(transport.requests) == 2


@pytest.mark.parametrize("cursor", [{}, {"nextCursor": None}, {"nextCursor": ""}])
async def test_has_more_without_a_cursor_is_an_error(cursor, client, transport):
    transport.responses = [{"items": [], "hasMore": True, **cursor}]
    with pytest.raises(DecodingError, match="nextCursor is null, empty or missing"):
        await client.customers.list().collect()


async def test_cursor_of_the_page_itself_is_an_error(client, transport):
    transport.responses = [{"items": [], "nextCursor": f"{number}"} for number in (1, 2, 3, 4, 5, 6, 6, 7)]
    with pytest.raises(DecodingError, match="cycle"):
        await client.customers.list().collect()
    assert len(transport.requests) == 7


async def test_call_options_apply_to_each_page(client, transport):
    transport.responses = [{"items": [], "nextCursor": "c", "hasMore": True}, {"items": [], "hasMore": False}]
    await client.plans.list(headers={"x-team": "a"}).collect()
    assert [request.headers.get("x-team") for request in transport.requests] == ["a", "a"]


class TestBlocking:
    def pages(self, numbers, cursor=None):
        return Pages(numbers.pages(cursor))

    def test_every_item_comes_once_and_in_order(self):
        numbers = NumberList(10)
        assert list(self.pages(numbers)) == list(range(10))
        assert self.pages(numbers).collect() == list(range(10))
        assert [item for page in self.pages(numbers).by_page() for item in page.items] == list(range(10))

    def test_first_page_limit_and_cursor(self):
        pages = self.pages(NumberList(7))
        assert pages.page().items == (0, 1, 2)
        assert pages.cursor == "3"
        assert pages.collect(limit=4) == [0, 1, 2, 3]
        assert pages.cursor == "3"
        with pytest.raises(InvalidArgumentError):
            pages.collect(limit=0)

    @pytest.mark.parametrize("taken", range(10))
    def test_unprocessed_items_are_repeated(self, taken):
        numbers = NumberList(10)
        pages = self.pages(numbers)
        seen = [item for item, _ in zip(pages, range(taken), strict=False)]
        rest = self.pages(numbers, pages.cursor).collect()
        assert set(seen) | set(rest) == set(range(10))

    def test_one_page_is_fetched_at_a_time(self):
        numbers = NumberList(9)
        items = iter(self.pages(numbers))
        for _ in range(3):
            next(items)
        assert numbers.requested == [None]

    def test_with_the_sandbox(self, sandbox):
        with Duro(**sandbox.options) as client:
            made = [client.customers.create(name=str(number)).id for number in range(7)]
            pages = client.customers.list(page_size=3)
            assert [customer.id for customer in pages] == made[::-1]
            assert [len(page.items) for page in pages.by_page()] == [3, 3, 1]
