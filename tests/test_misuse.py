"""Misuse of clients and lists: asynchronous as blocking ones, and lists as sequences."""

from __future__ import annotations

import anyio
import pytest

from duro import AsyncDuro, AsyncPages, Duro, Page, Pages

KEY = "sk_test_1"


@pytest.fixture(params=[AsyncDuro, Duro])
def client(request):
    return request.param(KEY)


# Asynchronous and blocking


class TestKindOfClient:
    def test_list_of_the_asynchronous_client_in_a_for_loop(self):
        message = "AsyncPages is asynchronous; iterate with 'async for', or await .collect()"
        for use in (list, lambda pages: [*pages], lambda pages: "plan" in pages):
            with pytest.raises(TypeError) as caught:
                use(AsyncDuro(KEY).plans.list())
            assert str(caught.value) == message

    def test_await_of_an_asynchronous_list(self):
        async def use():
            await AsyncDuro(KEY).plans.list()

        with pytest.raises(TypeError) as caught:
            anyio.run(use)
        assert str(caught.value) == (
            "AsyncPages cannot be awaited; iterate with 'async for', or await .page() or .collect()"
        )

    def test_await_of_a_blocking_list(self):
        async def use():
            await Duro(KEY).plans.list()

        with pytest.raises(TypeError) as caught:
            anyio.run(use)
        assert str(caught.value) == "Pages is blocking and cannot be awaited; iterate with 'for', or use AsyncDuro"

    def test_blocking_list_in_an_async_for_loop(self):
        async def use():
            return [plan async for plan in Duro(KEY).plans.list()]

        with pytest.raises(TypeError) as caught:
            anyio.run(use)
        assert str(caught.value) == "Pages is blocking; iterate with 'for', or use AsyncDuro"

    def test_asynchronous_client_in_a_with_statement(self):
        with pytest.raises(TypeError) as caught, AsyncDuro(KEY):
            pass
        assert str(caught.value) == "AsyncDuro is asynchronous; write 'async with', or use Duro"

    def test_blocking_client_in_an_async_with_statement(self):
        async def use():
            async with Duro(KEY):
                pass

        with pytest.raises(TypeError) as caught:
            anyio.run(use)
        assert str(caught.value) == "Duro is blocking; write 'with', or use AsyncDuro"


@pytest.mark.parametrize(
    ("use", "problem"),
    [
        (len, "a length; {verb} .collect() for a list"),
        (bool, "a truth value; {verb} .collect(limit=1) for a list"),
        (lambda pages: pages[0], "an index; {verb} .collect(limit=…) for a list"),
        (lambda pages: pages[:5], "an index; {verb} .collect(limit=…) for a list"),
    ],
    ids=["len", "bool", "index", "slice"],
)
def test_pages_are_not_a_sequence(client, use, problem):
    pages = client.plans.list()
    with pytest.raises(TypeError) as caught:
        use(pages)
    verb = "await" if isinstance(client, AsyncDuro) else "call"
    problem = problem.format(verb=verb)
    assert str(caught.value) == f"{type(pages).__name__} is fetched page by page and does not have {problem}"


def test_list_of_blocking_pages_needs_no_length(sandbox):
    with Duro(**sandbox.options) as client:
        plan = client.plans.create(name="Pro", amount=5, interval="day")
        assert list(client.plans.list()) == [*client.plans.list()] == [plan]


# Pages


def test_page_is_a_sequence_of_its_items():
    page = Page(items=("a", "b", "c"), next_cursor="cursor-1")
    assert list(page) == ["a", "b", "c"]
    assert (len(page), page[0], page[-1], page[1:]) == (3, "a", "c", ("b", "c"))
    assert "b" in page
    assert not Page(items=())


def test_empty_first_page_keeps_its_cursor():
    async def fetch(cursor):
        return Page(items=(), next_cursor="cursor-1")

    assert anyio.run(AsyncPages(fetch).page).next_cursor == "cursor-1"


def test_repr_of_pages_is_short():
    asynchronous, blocking = AsyncDuro(KEY), Duro(KEY)
    assert repr(Page(items=tuple(range(100)), next_cursor="c")) == "<Page of 100 items, has_more=True>"
    assert repr(asynchronous.plans.list(page_size=100)) == (
        "AsyncPages(listPlans, page_size=100): iterate with async for, or await .page() or .collect()"
    )
    assert repr(blocking.plans.list(page_size=100)) == (
        "Pages(listPlans, page_size=100): iterate, or call .page() or .collect()"
    )
    for pages in (blocking.plans.list(), blocking.plans.list().prefetch()):
        assert isinstance(pages, Pages)
        assert repr(pages) == "Pages(listPlans): iterate, or call .page() or .collect()"
