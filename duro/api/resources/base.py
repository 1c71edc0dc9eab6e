"""Base class of all resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._annotations import readable_annotations

if TYPE_CHECKING:
    from ..requester import Requester

__all__ = ["AsyncResource"]


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

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
