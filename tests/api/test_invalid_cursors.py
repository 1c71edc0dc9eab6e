"""Cursors from a faulty server: cycles, missing cursors, cursors after the end."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import AsyncPages, Page
from duro.errors import DecodingError

pytestmark = pytest.mark.anyio


class TestInvalidCursors:
    def cycle(self, lead, length):
        """Return a list of ``lead`` pages, followed by an endless cycle of ``length`` pages."""
        requested = []

        async def fetch(cursor):
            number = 0 if cursor is None else int(cursor)
            requested.append(number)
            following = number + 1 if number + 1 < lead + length else lead
            return Page(items=(number,), next_cursor=str(following), has_more=True)

        return AsyncPages(fetch), requested

    @pytest.mark.slow
    @pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 13, 100])
    @pytest.mark.parametrize("lead", [0, 1, 2, 7, 50])
    async def test_repeated_cursors_are_detected(self, lead, length):
        pages, requested = self.cycle(lead, length)
        with pytest.raises(DecodingError, match="cycle") as caught:
            await pages.collect()
        assert caught.value.path == "$.nextCursor"
        assert len(requested) <= 4 * (lead + length) + 4

    @pytest.mark.slow
    @given(lead=st.integers(0, 200), length=st.integers(1, 200))
    def test_cycle_of_any_length_is_detected(self, lead, length):
        async def iterate():
            pages, _ = self.cycle(lead, length)
            with pytest.raises(DecodingError):
                async for _ in pages:
                    pass

        anyio.run(iterate)

    async def test_long_list_is_not_a_cycle(self):
        pages, _ = self.cycle(5_000, 1)
        items = aiter(pages)
        assert [await anext(items) for _ in range(5_000)] == list(range(5_000))

    async def test_has_more_false_ends_the_list_despite_a_cursor(self):
        requested = []

        async def fetch(cursor):
            requested.append(cursor)
            return Page(items=(1,), next_cursor="more", has_more=False)

        pages = AsyncPages(fetch)
        assert await pages.collect() == [1]
        assert [page.items async for page in pages.by_page()] == [(1,)]
        assert requested == [None, None]
        await pages.page()
        assert pages.cursor is None

    async def test_has_more_without_a_cursor_is_an_error(self):
        async def fetch(_cursor):
            return Page(items=(1,), next_cursor=None, has_more=True)

        with pytest.raises(DecodingError, match="nextCursor is null") as caught:
            await AsyncPages(fetch).collect()
        assert caught.value.path == "$.nextCursor"

    async def test_empty_page_in_the_middle_does_not_end_the_list(self):
        responses = {None: ((), "a"), "a": ((), "b"), "b": ((1,), None)}

        async def fetch(cursor):
            items, following = responses[cursor]
            return Page(items=items, next_cursor=following, has_more=following is not None)

        assert await AsyncPages(fetch).collect() == [1]
        assert [item async for item in AsyncPages(fetch)] == [1]
