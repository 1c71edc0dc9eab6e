"""Interface between a fault kind and the request that it applies to."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

__all__ = ["FaultyConnection", "FaultyRequest", "RawResponse"]


@frozen
class RawResponse:
    """Response as the bytes that the client would have received.

    Attributes:
        head: Status line and headers, with the empty line after them.
        body: Body, empty in the response to a HEAD request.
    """

    head: bytes
    body: bytes


class FaultyConnection(Protocol):
    """Connection of the client, below HTTP."""

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        ...

    async def drip(self, data: bytes, *, pause: float) -> None:
        """Send bytes one at a time, with a pause in seconds after each."""
        ...

    async def close(self) -> None:
        """Send the remaining bytes, and close the connection."""
        ...

    async def cut(self) -> None:
        """Send the remaining bytes, and close the connection without the notification that TLS requires."""
        ...

    async def reset(self) -> None:
        """End the connection with a TCP reset."""
        ...

    async def wait_for_disconnect(self) -> bool:
        """Wait until the client has disconnected or the server stops."""
        ...

    async def sleep(self, seconds: float) -> bool:
        """Wait, and return whether the whole time has passed before the server stops."""
        ...


class FaultyRequest(Protocol):
    """One request that a fault applies to, with the actions that a fault may take on it."""

    @property
    def connection(self) -> FaultyConnection:
        """Connection of the client."""
        ...

    async def read_request(self) -> None:
        """Read the whole request now. A later ``forward`` or ``process`` uses the copy."""
        ...

    async def forward(self) -> None:
        """Process the request, and send the response to the client."""
        ...

    async def forward_after_deliveries(self) -> None:
        """Process the request, deliver the events that it caused, and then send the response to the client."""
        ...

    async def process(self) -> RawResponse:
        """Process the request, and return the response instead of sending it."""
        ...

    async def discard(self) -> None:
        """Count and read the request without processing it."""
        ...

    async def reject(self, status: int, *, retry_after: float | None = None) -> None:
        """Send an error response in the API's format, and log it.

        Args:
            status: HTTP status.
            retry_after: Seconds of the ``Retry-After`` header. ``None`` leaves the header out.
        """
        ...

    async def send_html(self, html: str) -> None:
        """Send an HTML page with status 200, without logging it."""
        ...
