"""Base class of all resources, and the declaration of a client's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from ..._cached_attribute import cached_attribute
from ..._nearest_names import hinting_getattr

if TYPE_CHECKING:
    from ..requester import Requester

__all__ = ["AsyncResource", "resource"]


class AsyncResource:
    """Base class of resources. A resource has the operations of one tag of the contract.

    Args:
        requester: Sender of the requests.
    """

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


R = TypeVar("R", bound=AsyncResource)


class _HasRequester(Protocol):
    _requester: Requester


def resource(resource_class: type[R]) -> cached_attribute[R]:
    """Declare a client attribute that holds a resource.

    Args:
        resource_class: Class of the resource, created at the first use. The attribute has its docstring.

    Returns:
        The attribute.
    """

    def create(self: _HasRequester) -> R:
        return resource_class(self._requester)  # pyright: ignore[reportPrivateUsage] - becomes part of the client

    create.__doc__ = resource_class.__doc__
    create.__annotations__["return"] = resource_class
    return cached_attribute(create)
