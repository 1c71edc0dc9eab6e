from __future__ import annotations

import tracemalloc

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import AsyncPages, Duro, Page, Pages
from duro.errors import DecodingError, DuroError, InternalServerError, InvalidArgumentError

pytestmark = pytest.mark.anyio


class Book:
    """A list of numbers, served page by page; it remembers which cursors it was asked for."""

    def __init__(self, count, size=3):
        self.count = count
        self.size = size
        self.asked = []
        self.faults = {}

    async def fetch(self, cursor):
        self.asked.append(cursor)
        await anyio.lowlevel.checkpoint()
        if fault := self.faults.pop(cursor, None):
            raise fault
        begin = 0 if cursor is None else int(cursor)
        end = min(begin + self.size, self.count)
        more = end < self.count
        return Page(items=tuple(range(begin, end)), next_cursor=str(end) if more else None, has_more=more)

    def pages(self, cursor=None):
        return AsyncPages(self.fetch, cursor)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 10])
async def test_every_item_comes_once_and_in_order(count):
    book = Book(count)
    assert [item async for item in book.pages()] == list(range(count))
    assert await book.pages().collect() == list(range(count))
    assert [item async for page in book.pages().by_page() for item in page.items] == list(range(count))
    assert len(book.asked) == 3 * max(1, -(-count // 3))


async def test_nothing_is_fetched_before_it_is_needed():
    book = Book(9)
    pages = book.pages()
    items = aiter(pages)
    assert book.asked == []
    for _ in range(3):
        await anext(items)
    assert book.asked == [None]
    await anext(items)
    assert book.asked == [None, "3"]


async def test_each_walk_begins_anew():
    pages = Book(5).pages()
    assert [item async for item in pages] == [item async for item in pages]
    first = aiter(pages)
    await anext(first)
    assert await anext(aiter(pages)) == 0
    assert await anext(first) == 1


async def test_ended_iterators_stay_ended():
    pages = Book(2).pages()
    for iterator in (aiter(pages), pages.by_page()):
        assert aiter(iterator) is iterator
        async for _ in iterator:
            pass
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await anext(iterator)


async def test_first_page_alone_and_where_it_ends():
    book = Book(7)
    pages = book.pages()
    page = await pages.page()
    assert (page.items, page.next_cursor, page.has_more) == ((0, 1, 2), "3", True)
    assert pages.cursor == "3"
    assert book.asked == [None]


@pytest.mark.parametrize(
    ("limit", "fetched", "cursor"), [(1, 1, None), (3, 1, "3"), (4, 2, "3"), (6, 2, "6"), (7, 3, None), (99, 3, None)]
)
async def test_collecting_stops_at_the_limit_and_fetches_no_page_too_many(limit, fetched, cursor):
    book = Book(7)
    pages = book.pages()
    assert await pages.collect(limit=limit) == list(range(min(limit, 7)))
    assert len(book.asked) == fetched
    assert pages.cursor == cursor


@pytest.mark.parametrize("limit", [0, -1, True, "5", 1.0, None])
async def test_odd_limits_are_refused_before_anything_is_fetched(limit):
    book = Book(3)
    with pytest.raises(InvalidArgumentError, match="limit"):
        await book.pages().collect(limit=limit)
    assert book.asked == []


class TestResuming:
    @pytest.mark.parametrize("taken", range(12))
    async def test_items_left_behind_all_come_again(self, taken):
        book = Book(10)
        pages = book.pages()
        seen = []
        async for item in pages:
            if len(seen) == taken:
                break
            seen.append(item)
        rest = await book.pages(pages.cursor).collect()
        if taken <= 10:
            assert set(seen) | set(rest) == set(range(10))
        if pages.cursor is not None:
            assert rest == list(range(int(pages.cursor), 10))
            assert len(seen) - int(pages.cursor) <= book.size

    @pytest.mark.parametrize("taken", range(1, 5))
    async def test_page_under_work_comes_again(self, taken):
        book = Book(12)
        pages = book.pages()
        walk = pages.by_page()
        for _ in range(taken):
            page = await anext(walk)
        rest = await book.pages(pages.cursor).collect()
        assert rest[: book.size] == list(page.items)

    async def test_failed_page_is_where_to_resume(self):
        book = Book(9)
        book.faults["6"] = InternalServerError("x", status=500)
        pages = book.pages()
        seen = []

        async def walk():
            async for item in pages:
                seen.append(item)  # noqa: PERF401 - what came before the failure counts

        with pytest.raises(InternalServerError):
            await walk()
        assert pages.cursor == "6"
        assert seen + await book.pages(pages.cursor).collect() == list(range(9))

    async def test_same_iterator_goes_on_after_a_failure(self):
        book = Book(9)
        book.faults["3"] = InternalServerError("x", status=500)
        items = aiter(book.pages())
        seen = [await anext(items) for _ in range(3)]
        with pytest.raises(InternalServerError):
            await anext(items)
        assert seen + [item async for item in items] == list(range(9))

    async def test_cursor_stands_at_the_beginning_at_first_and_at_the_end(self):
        pages = Book(7).pages()
        assert pages.cursor is None
        await pages.collect()
        assert pages.cursor is None
        assert Book(7).pages("3").cursor == "3"

    async def test_walk_begins_at_the_cursor_given(self):
        book = Book(10)
        assert [item async for item in book.pages("6")] == [6, 7, 8, 9]
        assert book.asked == ["6", "9"]


class TestServersThatMislead:
    def circle(self, lead, length):
        """First ``lead`` pages, and from then on ``length`` pages for ever."""
        asked = []

        async def fetch(cursor):
            number = 0 if cursor is None else int(cursor)
            asked.append(number)
            following = number + 1 if number + 1 < lead + length else lead
            return Page(items=(number,), next_cursor=str(following), has_more=True)

        return AsyncPages(fetch), asked

    @pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 13, 100])
    @pytest.mark.parametrize("lead", [0, 1, 2, 7, 50])
    async def test_cursors_that_go_round_are_found_out(self, lead, length):
        pages, asked = self.circle(lead, length)
        with pytest.raises(DecodingError, match="circle") as caught:
            await pages.collect()
        assert caught.value.path == "$.nextCursor"
        assert len(asked) <= 4 * (lead + length) + 4

    @given(lead=st.integers(0, 200), length=st.integers(1, 200))
    def test_circle_of_any_length_is_found_out(self, lead, length):
        async def walk():
            pages, _ = self.circle(lead, length)
            with pytest.raises(DecodingError):
                async for _ in pages:
                    pass

        anyio.run(walk)

    async def test_long_walk_is_no_circle(self):
        assert len(await Book(5_000, size=1).pages().collect()) == 5_000

    async def test_end_is_the_end_whatever_the_cursor_says(self):
        asked = []

        async def fetch(cursor):
            asked.append(cursor)
            return Page(items=(1,), next_cursor="more", has_more=False)

        pages = AsyncPages(fetch)
        assert await pages.collect() == [1]
        assert [page.items async for page in pages.by_page()] == [(1,)]
        assert asked == [None, None]
        await pages.page()
        assert pages.cursor is None

    async def test_more_without_a_cursor_is_a_broken_answer(self):
        async def fetch(_cursor):
            return Page(items=(1,), next_cursor=None, has_more=True)

        with pytest.raises(DecodingError, match="no cursor") as caught:
            await AsyncPages(fetch).collect()
        assert caught.value.path == "$.nextCursor"

    async def test_empty_pages_in_between_do_not_end_the_walk(self):
        answers = {None: ((), "a"), "a": ((), "b"), "b": ((1,), None)}

        async def fetch(cursor):
            items, following = answers[cursor]
            return Page(items=items, next_cursor=following, has_more=following is not None)

        assert await AsyncPages(fetch).collect() == [1]
        assert [item async for item in AsyncPages(fetch)] == [1]


@pytest.mark.parametrize("way", ["items", "by_page"])
async def test_long_walk_needs_the_memory_of_a_page(way):
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


async def test_list_without_a_cursor_is_one_page(duro, wire):
    subscription = {
        "id": "sub_1",
        "status": "active",
        "planId": "p",
        "cyclesCompleted": 0,
        "createdAt": "2026-01-01T00:00:00Z",
    }
    wire.answers = [{"items": [subscription]}]
    pages = duro.customers.list_subscriptions("cus_1")
    assert [each.id async for each in pages] == ["sub_1"]
    assert pages.cursor is None
    assert len(wire.requests) == 1
    assert wire.last.url.endswith("/v1/customers/cus_1/subscriptions")


async def test_limit_and_cursor_go_into_every_query(duro, wire):
    wire.answers = [
        {"items": [], "nextCursor": "c&2=é", "hasMore": True},
        {"items": [], "nextCursor": None, "hasMore": False},
    ]
    await duro.plans.list(limit=5, cursor="c 1").collect()
    queries = [request.url.partition("?")[2] for request in wire.requests]
    assert queries == ["limit=5&cursor=c+1", "limit=5&cursor=c%262%3D%C3%A9"]


async def test_cursor_that_no_query_can_hold_is_an_error_of_the_package(duro, wire):
    wire.answers = [b'{"items":[],"nextCursor":"\\ud800","hasMore":true}', {"items": []}]
    with pytest.raises(DuroError):
        await duro.plans.list().collect()


async def test_options_of_the_list_go_with_every_page(duro, wire):
    wire.answers = [{"items": [], "nextCursor": "c", "hasMore": True}, {"items": [], "hasMore": False}]
    await duro.plans.list(headers={"x-team": "a"}).collect()
    assert [request.headers.get("x-team") for request in wire.requests] == ["a", "a"]


class TestBlocking:
    def pages(self, book, cursor=None):
        return Pages(book.pages(cursor))

    def test_every_item_comes_once_and_in_order(self):
        book = Book(10)
        assert list(self.pages(book)) == list(range(10))
        assert self.pages(book).collect() == list(range(10))
        assert [item for page in self.pages(book).by_page() for item in page.items] == list(range(10))

    def test_first_page_limit_and_cursor(self):
        pages = self.pages(Book(7))
        assert pages.page().items == (0, 1, 2)
        assert pages.cursor == "3"
        assert pages.collect(limit=4) == [0, 1, 2, 3]
        assert pages.cursor == "3"
        with pytest.raises(InvalidArgumentError):
            pages.collect(limit=0)

    @pytest.mark.parametrize("taken", range(10))
    def test_items_left_behind_all_come_again(self, taken):
        book = Book(10)
        pages = self.pages(book)
        seen = [item for item, _ in zip(pages, range(taken), strict=False)]
        rest = self.pages(book, pages.cursor).collect()
        assert set(seen) | set(rest) == set(range(10))

    def test_one_page_is_fetched_at_a_time(self):
        book = Book(9)
        items = iter(self.pages(book))
        for _ in range(3):
            next(items)
        assert book.asked == [None]

    def test_over_the_wire(self, sandbox):
        with Duro(**sandbox.options) as client:
            made = [client.customers.create(name=str(number)).id for number in range(7)]
            walked = client.customers.list(limit=3)
            assert [customer.id for customer in walked] == made[::-1]
            assert [len(page.items) for page in walked.by_page()] == [3, 3, 1]
