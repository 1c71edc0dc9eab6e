"""The protocol of a transport: a request in, an answer out, or one of two failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ..request import Answer, Request

__all__ = ["NotSent", "PerhapsSent", "Transport", "TransportFailure"]


class TransportFailure(Exception):  # noqa: N818 - it is no error of the caller yet: the pipeline decides what it becomes
    """No answer came. The message is shown to users, and so holds no secret."""


class NotSent(TransportFailure):
    """Nothing of the request left this machine."""


class PerhapsSent(TransportFailure):
    """Some or all of the request may have left, and no whole answer came."""


@runtime_checkable
class Transport(Protocol):
    """What carries requests for one event loop.

    A transport follows no redirect, tries nothing again, and raises
    :class:`NotSent` or :class:`PerhapsSent` when no whole answer came.
    """

    async def send(self, request: Request) -> Answer:
        """Send a request and receive the whole answer.

        Raises:
            NotSent: Nothing left.
            PerhapsSent: Something may have left.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
