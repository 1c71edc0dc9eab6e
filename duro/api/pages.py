"""Lists that are fetched page by page: ``AsyncPages``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from .._annotations import readable_annotations
from .._misuse import unsupported
from .._nearest_names import hinting_getattr
from .._unset import UNSET, Unset
from .arguments import check_range
from .page import Page
from .page_iteration import ItemIterator, PageIteration, PageIterator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["AsyncPages"]

T = TypeVar("T")


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
        return ItemIterator(self.iterate())

    def by_page(self) -> AsyncIterator[Page[T]]:
        """Iterate over the pages instead of the items.

        Returns:
            An iterator over the pages.
        """
        return PageIterator(self.iterate())

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
