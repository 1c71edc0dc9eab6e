"""Page of a list, which is also a sequence of its items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from attrs import Factory, field, frozen

from .models.pydantic_hooks import PydanticHooks
from .models.reprs import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Page"]

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
