"""Base class of all resources, and the declaration of a client's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from ..._annotations import readable_annotations
from ..._nearest_names import hinting_getattr
from ..._resource_attribute import resource_attribute

if TYPE_CHECKING:
    from ..requester import Requester

__all__ = ["AsyncResource", "resource"]


@readable_annotations
class AsyncResource:
    """Base class of resources. A resource has the operations of one tag of the contract.

    Args:
        requester: Sender of the requests.
    """

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        readable_annotations(cls)

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


R = TypeVar("R", bound=AsyncResource)


class _HasRequester(Protocol):
    _requester: Requester


def resource(resource_class: type[R]) -> resource_attribute[R]:
    """Declare a client attribute that holds a resource.

    Args:
        resource_class: Class of the resource, created at the first use. The attribute has its docstring.

    Returns:
        The attribute.
    """

    def create(client: _HasRequester, _name: str) -> R:
        return resource_class(client._requester)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - its client

    return resource_attribute(resource_class, create)
