"""Blocking lists, fetched page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._misuse import unsupported
from .._nearest_names import hinting_getattr
from ..api.pages import AsyncPages
from . import portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._unset import Unset
    from ..api.pages import Page

__all__ = ["Pages"]

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")


def _documented(method: F) -> F:
    """Copy the docstring of the method of the same name from ``AsyncPages``."""
    method.__doc__ = getattr(AsyncPages, method.__name__).__doc__
    return method


class Pages(Generic[T]):
    """Blocking list, fetched page by page while it is iterated.

    ``for item in pages`` iterates over the items. Each iteration starts at the
    beginning.

    Args:
        pages: Asynchronous pages that do the work.
    """

    # ruff: noqa: D102 - the docstrings are those of AsyncPages

    def __init__(self, pages: AsyncPages[T]) -> None:
        self._pages = pages

    @property
    @_documented
    def cursor(self) -> str | None:
        return self._pages.cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.by_page():
            yield from page.items

    @_documented
    def prefetch(self) -> Pages[T]:
        return Pages(self._pages.prefetch())

    @_documented
    def by_page(self) -> Iterator[Page[T]]:
        # Each page crosses the portal by itself. An asynchronous generator would have to be finalized in the portal.
        walk = self._pages.iterate()
        while (page := portal.run(walk.next_page)) is not None:
            yield page

    @_documented
    def page(self) -> Page[T]:
        return portal.run(self._pages.page)

    @_documented
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
