"""Lists that come page by page, for code that blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from .._unset import UNSET, Unset
from . import portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..api.pages import AsyncPages, Page

__all__ = ["Pages"]

T = TypeVar("T")


class Pages(Generic[T]):
    """List that is fetched page by page during iteration.

    ``for item in pages`` iterates over all items. Each iteration starts again at the first page.

    Args:
        pages: Asynchronous list, which sends the requests.
    """

    def __init__(self, pages: AsyncPages[T]) -> None:
        self._pages = pages

    @property
    def cursor(self) -> str | None:
        """Cursor to resume the latest iteration from, ``None`` for the first page and after the last.

        The cursor moves when a page is processed completely, that is when an item behind it is requested.
        Resuming there never skips an item. It repeats the items of a page that was processed in part.
        """
        return self._pages.cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.by_page():
            yield from page.items

    def prefetch(self) -> Pages[T]:
        """Return the same list with prefetching: the next page loads while the present one is processed.

        At most one page is loaded in advance. A loop that ends early may have requested a page that is not used.

        Returns:
            The list with prefetching. ``cursor`` moves as without.

        Example:
            >>> [plan.name async for plan in client.plans.list(page_size=100).prefetch()]
            []
        """
        return Pages(self._pages.prefetch())

    def by_page(self) -> Iterator[Page[T]]:
        """Iterate over the pages instead of the items.

        Returns:
            An iterator over the pages.
        """
        # Pages cross one by one: an asynchronous generator would have to be finalized in the portal.
        walk = self._pages.iterate()
        while (page := portal.run(walk.next_page)) is not None:
            yield page

    def page(self) -> Page[T]:
        """Fetch the first page only. Afterwards, ``cursor`` is the position behind it.

        Returns:
            The first page.

        Raises:
            DuroError: Same errors as the list's method.
        """
        return portal.run(self._pages.page)

    def collect(self, *, limit: int | Unset = UNSET) -> list[T]:
        """Collect items in a list, and fetch only the pages that are needed.

        Args:
            limit: Maximum number of items, at least 1. All items if left out.

        Returns:
            The items, newest first.

        Raises:
            InvalidArgumentError: ``limit`` is not an integer of at least 1.
            DuroError: Same errors as the list's method.
        """
        return portal.run(lambda: self._pages.collect(limit=limit))
