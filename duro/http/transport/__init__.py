"""Protocol of transports: each sends a request, and returns a response or raises one of two errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, runtime_checkable

from ..._secrets import sanitize

if TYPE_CHECKING:
    from ..request import Request, Response

__all__ = [
    "AttemptOutcome",
    "RequestNotSentError",
    "ResponseLostError",
    "ResponseTooLargeError",
    "SendError",
    "Transport",
]

MAX_FAILURE_CHARS: Final = 1_000


class SendError(Exception):
    """Attempt without a complete response. Messages of subclasses reach users and must not contain secrets.

    Args:
        message: Description of the failure. It may contain text from the server, which is made printable.
        is_permanent: Whether a retry would fail in the same way, as with a certificate that is not trusted.
    """

    def __init__(self, message: str = "", *, is_permanent: bool = False) -> None:
        super().__init__(sanitize(str(message), max_chars=MAX_FAILURE_CHARS))
        self.is_permanent: bool = is_permanent


class RequestNotSentError(SendError):
    """Attempt of which nothing was sent."""


class ResponseLostError(SendError):
    """Attempt that may have been sent, and that got no complete response."""


class ResponseTooLargeError(ResponseLostError):
    """Response that is larger than the request allows. A retry would get it again.

    Args:
        limit: ``max_response_bytes`` of the request.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"the response is larger than {limit} bytes, the limit of max_response_bytes")


# Outcome of one attempt to send a request: the complete response, or the failure without one.
AttemptOutcome: TypeAlias = "Response | RequestNotSentError | ResponseLostError"


@runtime_checkable
class Transport(Protocol):
    """Sender of requests for one event loop.

    A transport follows no redirects and does not retry. It raises
    ``RequestNotSentError`` or ``ResponseLostError`` without a
    complete response. It loads at most ``max_response_bytes`` into memory.
    """

    async def send(self, request: Request) -> Response:
        """Send a request and receive the complete response.

        Args:
            request: Request to send.

        Returns:
            The response, with any status.

        Raises:
            RequestNotSentError: Nothing was sent.
            ResponseLostError: Something may have been sent.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
