"""Pagination: lists that are fetched page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import Factory, field, frozen

from .._annotations import readable_annotations
from .._unset import UNSET, Unset
from ..errors import DecodingError
from .arguments import check_range
from .prefetch import Prefetcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

__all__ = ["AsyncPages", "Page", "PageIteration"]

T = TypeVar("T")


def _has_cursor(page: Page[Any]) -> bool:
    return bool(page.next_cursor)


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: Items of the page, newest first.
        next_cursor: Cursor of the next page, ``None`` on the last page.
        has_more: Whether there is a next page. If the response lacks it, the cursor determines it.
    """

    items: tuple[T, ...]
    next_cursor: str | None = None
    has_more: bool = field(default=Factory(_has_cursor, takes_self=True))


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


@readable_annotations
class AsyncPages(Generic[T]):
    """List that is fetched page by page during iteration.

    ``async for item in pages`` iterates over all items. Each iteration starts again at the first page.

    Args:
        fetch: Function that requests the page at a cursor, ``None`` for the first page.
        cursor: Cursor of the page to start at.
        prefetch: Whether to load the next page in the background.
    """

    def __init__(
        self, fetch: Callable[[str | None], Awaitable[Page[T]]], cursor: str | None = None, *, prefetch: bool = False
    ) -> None:
        self._fetch = fetch
        self._start = cursor
        self._prefetches = prefetch
        self._iteration = PageIteration(fetch, cursor)

    @property
    def cursor(self) -> str | None:
        """Cursor to resume the latest iteration from, ``None`` for the first page and after the last.

        The cursor moves when a page is processed completely, that is when an item behind it is requested.
        Resuming there never skips an item. It repeats the items of a page that was processed in part.
        """
        return self._iteration.cursor

    def iterate(self) -> PageIteration[T]:
        """Start an iteration. From now on, ``cursor`` follows it."""
        self._iteration = PageIteration(self._fetch, self._start, prefetch=self._prefetches)
        return self._iteration

    def prefetch(self) -> AsyncPages[T]:
        """Return the same list with prefetching: the next page loads while the present one is processed.

        At most one page is loaded in advance. A loop that ends early may have requested a page that is not used.

        Returns:
            The list with prefetching. ``cursor`` moves as without.

        Example:
            >>> [plan.name async for plan in client.plans.list(page_size=100).prefetch()]
            []
        """
        return AsyncPages(self._fetch, self._start, prefetch=True)

    def __aiter__(self) -> AsyncIterator[T]:
        return _ItemIterator(self.iterate())

    def by_page(self) -> AsyncIterator[Page[T]]:
        """Iterate over the pages instead of the items.

        Returns:
            An iterator over the pages.
        """
        return _PageIterator(self.iterate())

    async def page(self) -> Page[T]:
        """Fetch the first page only. Afterwards, ``cursor`` is the position behind it.

        Returns:
            The first page.

        Raises:
            DuroError: Same errors as the list's method.
        """
        iteration = self._iteration = PageIteration(self._fetch, self._start)
        page = await iteration.next_page()
        iteration.mark_processed()
        return page or Page(items=())

    async def collect(self, *, limit: int | Unset = UNSET) -> list[T]:
        """Collect items in a list, and fetch only the pages that are needed.

        Args:
            limit: Maximum number of items, at least 1. All items if left out.

        Returns:
            The items, newest first.

        Raises:
            InvalidArgumentError: ``limit`` is not an integer of at least 1.
            DuroError: Same errors as the list's method.
        """
        check_range("limit", limit, minimum=1)
        iteration = self.iterate()
        items: list[T] = []
        while (page := await iteration.next_page()) is not None:
            if not isinstance(limit, Unset) and len(items) + len(page.items) > limit:
                return [*items, *page.items[: limit - len(items)]]
            items += page.items
            if len(items) == limit:
                iteration.mark_processed()
                return items
        return items


class _PageIterator(Generic[T]):
    def __init__(self, iteration: PageIteration[T]) -> None:
        self._iteration = iteration

    def __aiter__(self) -> _PageIterator[T]:
        return self

    async def __anext__(self) -> Page[T]:
        page = await self._iteration.next_page()
        if page is None:
            raise StopAsyncIteration
        return page


class _ItemIterator(Generic[T]):
    """Iterator over the items.

    It is not an async generator, because the event loop finalizes an unfinished generator at an unknown time.
    """

    def __init__(self, iteration: PageIteration[T]) -> None:
        self._iteration = iteration
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> _ItemIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = await self._iteration.next_page()
            if page is None:
                raise StopAsyncIteration
            self._items = iter(page.items)
