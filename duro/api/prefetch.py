"""Prefetching: load the next page in the background while the present one is processed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

from ..http.event_loop import spawn_detached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Prefetcher"]

P = TypeVar("P")


class Prefetcher(Generic[P]):
    """Fetcher of pages that can load one page in advance.

    A loop over a list can end at any item. The background request therefore
    belongs to none of the caller's tasks. It ends with its response or at its deadline.

    Args:
        fetch: Function that requests the page at a cursor, ``None`` for the first page.
    """

    def __init__(self, fetch: Callable[[str | None], Awaitable[P]]) -> None:
        self._fetch = fetch
        self._pending: _PendingPage[P] | None = None

    def start(self, cursor: str) -> None:
        """Request a page in the background."""
        self._pending = _PendingPage(self._fetch, cursor)

    async def get(self, cursor: str | None) -> P:
        """Return the page at a cursor: the one requested in the background, or a new one.

        Args:
            cursor: Cursor of the page, ``None`` for the first page.

        Returns:
            The page.

        Raises:
            DuroError: Same errors as the list's method.
        """
        pending = self._pending
        # A request on another event loop cannot be awaited on this one.
        if pending is None or pending.cursor != cursor or pending.loop is not current_token().native_token:
            return await self._fetch(cursor)
        # Wait first, forget later: a cancelled wait then does not lose the page.
        await pending.done.wait()
        self._pending = None
        if pending.error is not None:
            raise pending.error
        # Without a page and an error, the background task was cancelled from outside.
        return await self._fetch(cursor) if pending.page is None else pending.page


class _PendingPage(Generic[P]):
    """Background request for one page, and its result."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[P]], cursor: str) -> None:
        self._fetch = fetch
        self.cursor = cursor
        self.loop = current_token().native_token
        self.page: P | None = None
        self.error: BaseException | None = None
        self.done = anyio.Event()
        self._task = spawn_detached(self._run, self.done.set, name="duro prefetch")

    async def _run(self) -> None:
        try:
            self.page = await self._fetch(self.cursor)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised in get(); here, SystemExit would end the event loop
            self.error = error
