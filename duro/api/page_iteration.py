"""Iteration over a list: its position, and its iterators over pages and items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import DecodingError
from .prefetch import Prefetcher

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from .page import Page

__all__ = ["ItemIterator", "PageIteration", "PageIterator"]

T = TypeVar("T")


class PageIteration(Generic[T]):
    """Position of one iteration over the pages.

    Args:
        fetch: Function that requests the page at a cursor, ``None`` for the first page.
        cursor: Cursor of the page to start at.
        prefetch: Whether to load the next page in the background.

    Attributes:
        cursor: Cursor to resume from: the first page that is not processed completely.
    """

    def __init__(
        self, fetch: Callable[[str | None], Awaitable[Page[T]]], cursor: str | None, *, prefetch: bool = False
    ) -> None:
        self._prefetcher = Prefetcher(fetch)
        self._prefetches = prefetch
        self._next = cursor
        self._ended = False
        self._cycle_detector = _CycleDetector()
        self.cursor = cursor

    async def next_page(self) -> Page[T] | None:
        """Fetch the next page, ``None`` after the last page.

        Raises:
            DecodingError: ``hasMore`` is true without a cursor, or the cursors repeat.
        """
        # The request for the next page means that the present one is processed.
        self.mark_processed()
        if self._ended:
            return None
        page = await self._prefetcher.get(self._next)
        if not page.has_more:
            self._ended = True
            self._next = None
        elif not page.next_cursor:
            raise _cursor_error("hasMore is true, but nextCursor is null, empty or missing")
        elif page.next_cursor == self._next or self._cycle_detector.is_repeated(page.next_cursor):
            raise _cursor_error("the cursors repeat in a cycle, so the list would never end")
        else:
            self._next = page.next_cursor
            if self._prefetches:
                self._prefetcher.start(page.next_cursor)
        return page

    def mark_processed(self) -> None:
        """Move ``cursor`` behind the present page."""
        self.cursor = self._next


class _CycleDetector:
    """Detector of repeated cursors that remembers one cursor only (Brent's algorithm).

    A set of all cursors would grow with the list.
    """

    def __init__(self) -> None:
        self._remembered: str | None = None
        self._steps: int = 0
        self._limit: int = 1

    def is_repeated(self, cursor: str) -> bool:
        if cursor == self._remembered:
            return True
        self._steps += 1
        if self._steps == self._limit:
            self._remembered, self._steps, self._limit = cursor, 0, self._limit * 2
        return False


def _cursor_error(problem: str) -> DecodingError:
    return DecodingError(f"the response breaks the contract at $.nextCursor: {problem}", path="$.nextCursor", body=b"")


class PageIterator(Generic[T]):
    """Iterator over the pages.

    Args:
        iteration: Iteration that fetches the pages.
    """

    def __init__(self, iteration: PageIteration[T]) -> None:
        self._iteration = iteration

    def __aiter__(self) -> PageIterator[T]:
        return self

    async def __anext__(self) -> Page[T]:
        page = await self._iteration.next_page()
        if page is None:
            raise StopAsyncIteration
        return page


class ItemIterator(Generic[T]):
    """Iterator over the items.

    It is not an async generator, because the event loop finalizes an unfinished generator at an unknown time.

    Args:
        iteration: Iteration that fetches the pages.
    """

    def __init__(self, iteration: PageIteration[T]) -> None:
        self._iteration = iteration
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> ItemIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = await self._iteration.next_page()
            if page is None:
                raise StopAsyncIteration
            self._items = iter(page.items)
