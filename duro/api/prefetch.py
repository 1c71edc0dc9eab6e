"""One page that is on its way while another is worked on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

from ..http.event_loop import spawn_detached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["LookAhead"]

P = TypeVar("P")


class LookAhead(Generic[P]):
    """Asks for pages, one of them ahead of its time.

    Whoever walks a list may stop anywhere, so what is under way belongs to no
    task of theirs; it ends by itself, with its answer or at its deadline.

    Args:
        fetch: Asks for the page that begins at a cursor, ``None`` for the first.
    """

    def __init__(self, fetch: Callable[[str | None], Awaitable[P]]) -> None:
        self._fetch = fetch
        self._under_way: _Fetching[P] | None = None

    def begin(self, cursor: str) -> None:
        """Ask for a page without waiting for it."""
        self._under_way = _Fetching(self._fetch, cursor)

    async def take(self, cursor: str | None) -> P:
        """Give a page: the one under way if it is that, else a new one.

        Args:
            cursor: Where the page begins.

        Returns:
            The page.

        Raises:
            DuroError: As the list's own method raises.
        """
        under_way = self._under_way
        # What another event loop fetches cannot be waited for here.
        if under_way is None or under_way.cursor != cursor or under_way.loop is not current_token().native_token:
            return await self._fetch(cursor)
        # Waited for before it is let go: a wait that is cancelled does not lose the page.
        await under_way.ended.wait()
        self._under_way = None
        if under_way.failure is not None:
            raise under_way.failure
        # Without either, it was cancelled from outside.
        return await self._fetch(cursor) if under_way.page is None else under_way.page


class _Fetching(Generic[P]):
    """A request for one page, and what became of it."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[P]], cursor: str) -> None:
        self._fetch = fetch
        self.cursor = cursor
        self.loop = current_token().native_token
        self.page: P | None = None
        self.failure: BaseException | None = None
        self.ended = anyio.Event()
        self._task = spawn_detached(self._run, self.ended.set, name="duro look-ahead")

    async def _run(self) -> None:
        try:
            self.page = await self._fetch(self.cursor)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - it is the walker's, and would end the event loop here
            self.failure = error
