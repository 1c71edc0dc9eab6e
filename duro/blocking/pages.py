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
    """A list, fetched page by page while it is walked.

    ``for item in pages`` walks the items; each walk begins anew.

    Args:
        pages: The asynchronous pages, which do the work.
    """

    def __init__(self, pages: AsyncPages[T]) -> None:
        self._pages = pages

    @property
    def cursor(self) -> str | None:
        """Where to resume the walk begun last, ``None`` for the beginning or after the end.

        It moves on when a page is done, that is when something is asked for
        that stands behind it. Nothing is ever lost by resuming there; of a
        page left half-way, all items come again.
        """
        return self._pages.cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.by_page():
            yield from page.items

    def prefetch(self) -> Pages[T]:
        """Give the same list, whose next page is already on its way while one is worked on.

        It is one page and never more. A walk that is left early may have
        asked for a page that nobody takes.

        Returns:
            The pages; ``cursor`` moves as without.

        Example:
            >>> [plan.name async for plan in client.plans.list(limit=100).prefetch()]
            []
        """
        return Pages(self._pages.prefetch())

    def by_page(self) -> Iterator[Page[T]]:
        """Walk page by page.

        Returns:
            An iterator over the pages.
        """
        # Pages cross one by one: an asynchronous generator would have to be finalized in the portal.
        walk = self._pages.walk()
        while (page := portal.run(walk.next_page)) is not None:
            yield page

    def page(self) -> Page[T]:
        """Fetch the first page alone; ``cursor`` then stands behind it.

        Returns:
            The page.

        Raises:
            DuroError: As the list's own method raises.
        """
        return portal.run(self._pages.page)

    def collect(self, *, limit: int | Unset = UNSET) -> list[T]:
        """Gather items in a list.

        Args:
            limit: How many at most; all of them if left out.

        Returns:
            The items, newest first.

        Raises:
            InvalidArgumentError: The limit is no whole number of at least 1.
            DuroError: As the list's own method raises.
        """
        return portal.run(lambda: self._pages.collect(limit=limit))
