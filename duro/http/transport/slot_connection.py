"""Protocol of the connections of the default transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..request import Request, Response

__all__ = ["SlotConnection"]


class SlotConnection(Protocol):
    """One connection, opened by its first request. It sends one request at a time."""

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can send another request: it is idle, and nothing follows the last response.

        Bytes after a response would be read as the response to the next request.
        """
        ...

    @property
    def has_expired(self) -> bool:
        """Whether the server closed the connection, or it was idle for too long."""
        ...

    async def send(self, request: Request, on_send: Callable[[], None]) -> Response:
        """Send a request, and receive the complete response.

        Args:
            request: Request to send.
            on_send: Function to call before the first byte of the request may be written.

        Returns:
            The response.

        Raises:
            TimeoutError: No connection was established in time.
            ResponseTooLargeError: The response is larger than the request allows.
            Exception: The connection failed.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...
