"""The protocol of a transport: a request in, an answer out, or one of two failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ..request import Request, Response

__all__ = ["RequestNotSentError", "ResponseLostError", "ResponseTooLargeError", "Transport", "TransportFailure"]


class TransportFailure(Exception):  # noqa: N818 - it is no error of the caller yet: the pipeline decides what it becomes
    """No answer came. The message is shown to users, and so holds no secret."""


class RequestNotSentError(TransportFailure):
    """Nothing of the request left this machine."""


class ResponseLostError(TransportFailure):
    """Some or all of the request may have left, and no whole answer came."""


class ResponseTooLargeError(ResponseLostError):
    """An answer came that is larger than the request allows; asking again would bring it again.

    Args:
        limit: The ``max_response_bytes`` of the request.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer is larger than {limit} bytes, which is max_response_bytes")


@runtime_checkable
class Transport(Protocol):
    """What carries requests for one event loop.

    A transport follows no redirect, tries nothing again, and raises
    :class:`RequestNotSentError` or :class:`ResponseLostError` when no whole answer came. It
    takes no more than the request's ``max_response_bytes`` into memory.
    """

    async def send(self, request: Request) -> Response:
        """Send a request and receive the whole answer.

        Raises:
            RequestNotSentError: Nothing left.
            ResponseLostError: Something may have left.
            ResponseTooLargeError: The answer is larger than the request allows.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
