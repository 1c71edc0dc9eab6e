"""Pagination: lists that are fetched page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from attrs import Factory, field, frozen

from .._annotations import readable_annotations
from .._misuse import unsupported
from .._nearest_names import hinting_getattr
from .._unset import UNSET, Unset
from ..errors import DecodingError
from .arguments import check_range
from .models.base import shorten
from .models.pydantic_hooks import PydanticHooks
from .prefetch import Prefetcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

__all__ = ["AsyncPages", "Page", "PageIteration"]

T = TypeVar("T")


def _has_cursor(page: Page[Any]) -> bool:
    return bool(page.next_cursor)


@frozen(kw_only=True, repr=False)
class Page(PydanticHooks, Generic[T]):
    """One page of a list, which is also a sequence of its items.

    Pages work as types of pydantic models and of FastAPI routes, for example ``Page[Plan]``.

    Attributes:
        items: Items of the page, newest first.
        next_cursor: Cursor of the next page, ``None`` on the last page.
        has_more: Whether there is a next page. If the response lacks it, the cursor determines it.
    """

    items: tuple[T, ...] = field(repr=shorten)
    next_cursor: str | None = None
    has_more: bool = field(default=Factory(_has_cursor, takes_self=True))

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self.items[index]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} items, has_more={self.has_more}>"


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
        name: Name of the operation, for the repr.
        page_size: Items per page, for the repr.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Awaitable[Page[T]]],
        cursor: str | None = None,
        *,
        prefetch: bool = False,
        name: str = "",
        page_size: int | Unset = UNSET,
    ) -> None:
        self._fetch = fetch
        self._start = cursor
        self._prefetches = prefetch
        self._name = name
        self._page_size = page_size
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
        return AsyncPages(self._fetch, self._start, prefetch=True, name=self._name, page_size=self._page_size)

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
        return Page(items=()) if page is None else page

    async def collect(self, *, limit: int | Unset | None = None) -> list[T]:
        """Collect items in a list, and fetch only the pages that are needed.

        Args:
            limit: Maximum number of items, at least 1. All items if left out.

        Returns:
            The items, newest first.

        Raises:
            InvalidArgumentError: ``limit`` is not an integer of at least 1.
            DuroError: Same errors as the list's method.
        """
        maximum = None if isinstance(limit, Unset) else limit
        if maximum is not None:
            check_range("limit", maximum, minimum=1)
        iteration = self.iterate()
        items: list[T] = []
        while (page := await iteration.next_page()) is not None:
            if maximum is not None and len(items) + len(page.items) > maximum:
                return [*items, *page.items[: maximum - len(items)]]
            items += page.items
            if len(items) == maximum:
                iteration.mark_processed()
                return items
        return items

    def __repr__(self) -> str:
        page_size = "" if isinstance(self._page_size, Unset) else f", page_size={self._page_size}"
        return f"AsyncPages({self._name}{page_size}): iterate with async for, or await .page() or .collect()"

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr("pages")
        __await__ = unsupported("cannot be awaited; iterate with 'async for', or await .page() or .collect()")
        __iter__ = __contains__ = unsupported("is asynchronous; iterate with 'async for', or await .collect()")
        __len__ = unsupported("is fetched page by page and does not have a length; await .collect() for a list")
        __getitem__ = unsupported(
            "is fetched page by page and does not have an index; await .collect(limit=…) for a list"
        )
        __bool__ = unsupported(
            "is fetched page by page and does not have a truth value; await .collect(limit=1) for a list"
        )


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
