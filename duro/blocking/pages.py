"""Blocking lists, fetched page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._annotations import readable_annotations
from .._misuse import unsupported
from .._nearest_names import hinting_getattr
from ..api.pages import AsyncPages
from . import portal
from .docstrings import documented_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._unset import Unset
    from ..api.page import Page

__all__ = ["Pages"]

T = TypeVar("T")


@readable_annotations
class Pages(Generic[T]):
    """Blocking list, fetched page by page while it is iterated.

    ``for item in pages`` iterates over the items. Each iteration starts at the
    beginning.

    Args:
        pages: Asynchronous pages that do the work.
    """

    # ruff: noqa: D102 - the docstrings are derived from those of AsyncPages

    def __init__(self, pages: AsyncPages[T]) -> None:
        self._pages = pages

    @property
    @documented_like(AsyncPages[Any].cursor)
    def cursor(self) -> str | None:
        return self._pages.cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.by_page():
            yield from page.items

    @documented_like(AsyncPages[Any].prefetch)
    def prefetch(self) -> Pages[T]:
        return Pages(self._pages.prefetch())

    @documented_like(AsyncPages[Any].by_page)
    def by_page(self) -> Iterator[Page[T]]:
        # Each page crosses the portal by itself. An asynchronous generator would have to be finalized in the portal.
        walk = self._pages.iterate()
        while (page := portal.run(walk.next_page)) is not None:
            yield page

    @documented_like(AsyncPages[Any].page)
    def page(self) -> Page[T]:
        return portal.run(self._pages.page)

    @documented_like(AsyncPages[Any].collect)
    def collect(self, *, limit: int | Unset | None = None) -> list[T]:
        return portal.run(lambda: self._pages.collect(limit=limit))

    def __repr__(self) -> str:
        operation = repr(self._pages).removeprefix("Async").partition(":")[0]
        return f"{operation}: iterate, or call .page() or .collect()"

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr("pages")
        __await__ = unsupported("is blocking and cannot be awaited; iterate with 'for', or use AsyncDuro")
        __aiter__ = unsupported("is blocking; iterate with 'for', or use AsyncDuro")
        __len__ = unsupported("is fetched page by page and does not have a length; call .collect() for a list")
        __getitem__ = unsupported(
            "is fetched page by page and does not have an index; call .collect(limit=…) for a list"
        )
        __bool__ = unsupported(
            "is fetched page by page and does not have a truth value; call .collect(limit=1) for a list"
        )
