"""Lists that come page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from .._unset import UNSET, Unset
from ..errors import DecodingError, InvalidArgumentError
from .prefetch import LookAhead

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

__all__ = ["AsyncPages", "Page", "Walk", "check_count"]

T = TypeVar("T")


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: What stands on it, newest first.
        next_cursor: Where the next page begins, ``None`` on the last.
        has_more: Whether there is a next page.
    """

    items: tuple[T, ...]
    next_cursor: str | None = None
    has_more: bool = False


class Walk(Generic[T]):
    """Where one walk through the pages stands.

    Args:
        fetch: Asks for the page that begins at a cursor, ``None`` for the first.
        cursor: Where to begin.
        ahead: Whether the next page is asked for while one is worked on.
    """

    def __init__(
        self, fetch: Callable[[str | None], Awaitable[Page[T]]], cursor: str | None, *, ahead: bool = False
    ) -> None:
        self._pages = LookAhead(fetch)
        self._ahead = ahead
        self._next = cursor
        self._ended = False
        self._repeats = _RepeatGuard()
        self.cursor = cursor

    async def next_page(self) -> Page[T] | None:
        """Fetch the next page, ``None`` after the last.

        Raises:
            DecodingError: The server says that there is more, but not where, or leads in a circle.
        """
        self.settle()
        if self._ended:
            return None
        page = await self._pages.take(self._next)
        if not page.has_more:
            self._ended = True
            self._next = None
        elif page.next_cursor is None:
            raise _broken("hasMore is true, but there is no cursor to go on with")
        elif self._repeats.seen(page.next_cursor):
            raise _broken("the cursors go round in a circle")
        else:
            self._next = page.next_cursor
            if self._ahead:
                self._pages.begin(page.next_cursor)
        return page

    def settle(self) -> None:
        """Count the page at hand as done: from here on the walk resumes behind it."""
        self.cursor = self._next


class _RepeatGuard:
    """Finds out that a sequence goes round, remembering one cursor only (Brent's method)."""

    def __init__(self) -> None:
        self._kept: str | None = None
        self._steps: int = 0
        self._limit: int = 1

    def seen(self, cursor: str) -> bool:
        if cursor == self._kept:
            return True
        self._steps += 1
        if self._steps == self._limit:
            self._kept, self._steps, self._limit = cursor, 0, self._limit * 2
        return False


def _broken(issue: str) -> DecodingError:
    return DecodingError(f"the answer breaks the contract at $.nextCursor: {issue}", path="$.nextCursor", body=b"")


class AsyncPages(Generic[T]):
    """A list, fetched page by page while it is walked.

    ``async for item in pages`` walks the items; each walk begins anew.

    Args:
        fetch: Asks for the page that begins at a cursor, ``None`` for the first.
        cursor: Where to begin.
        ahead: Whether the next page is asked for while one is worked on.
    """

    def __init__(
        self, fetch: Callable[[str | None], Awaitable[Page[T]]], cursor: str | None = None, *, ahead: bool = False
    ) -> None:
        self._fetch = fetch
        self._start = cursor
        self._ahead = ahead
        self._walk = Walk(fetch, cursor)

    @property
    def cursor(self) -> str | None:
        """Where to resume the walk begun last, ``None`` for the beginning or after the end.

        It moves on when a page is done, that is when something is asked for
        that stands behind it. Nothing is ever lost by resuming there; of a
        page left half-way, all items come again.
        """
        return self._walk.cursor

    def walk(self) -> Walk[T]:
        """Begin a walk."""
        self._walk = Walk(self._fetch, self._start, ahead=self._ahead)
        return self._walk

    def prefetch(self) -> AsyncPages[T]:
        """Give the same list, whose next page is already on its way while one is worked on.

        It is one page and never more. A walk that is left early may have
        asked for a page that nobody takes.

        Returns:
            The pages; ``cursor`` moves as without.

        Example:
            >>> [plan.name async for plan in client.plans.list(limit=100).prefetch()]
            []
        """
        return AsyncPages(self._fetch, self._start, ahead=True)

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(self.walk())

    def by_page(self) -> AsyncIterator[Page[T]]:
        """Walk page by page.

        Returns:
            An iterator over the pages.
        """
        return _ByPage(self.walk())

    async def page(self) -> Page[T]:
        """Fetch the first page alone; ``cursor`` then stands behind it.

        Returns:
            The page.

        Raises:
            DuroError: As the list's own method raises.
        """
        walk = self._walk = Walk(self._fetch, self._start)
        page = await walk.next_page()
        walk.settle()
        return page or Page(items=())

    async def collect(self, *, limit: int | Unset = UNSET) -> list[T]:
        """Gather items in a list.

        Args:
            limit: How many at most; all of them if left out.

        Returns:
            The items, newest first.

        Raises:
            InvalidArgumentError: The limit is no whole number of at least 1.
            DuroError: As the list's own method raises.
        """
        wanted = check_count(limit)
        walk = self.walk()
        items: list[T] = []
        while (page := await walk.next_page()) is not None:
            if wanted is not None and len(items) + len(page.items) > wanted:
                return [*items, *page.items[: wanted - len(items)]]
            items += page.items
            if len(items) == wanted:
                walk.settle()
                return items
        return items


def check_count(limit: int | Unset) -> int | None:
    """Check how many items were asked for; ``None`` stands for all.

    Raises:
        InvalidArgumentError: It is no whole number of at least 1.
    """
    if isinstance(limit, Unset):
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InvalidArgumentError(f"limit is {limit!r}; give a whole number of at least 1")
    return limit


class _ByPage(Generic[T]):
    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk

    def __aiter__(self) -> _ByPage[T]:
        return self

    async def __anext__(self) -> Page[T]:
        page = await self._walk.next_page()
        if page is None:
            raise StopAsyncIteration
        return page


class _Items(Generic[T]):
    """Walks the items. No async generator: one that is left early is finalized whenever the loop likes."""

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> _Items[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = await self._walk.next_page()
            if page is None:
                raise StopAsyncIteration
            self._items = iter(page.items)
