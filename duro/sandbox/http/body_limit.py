"""Limit of request bodies, so that a request cannot use up the memory of the process."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import ApiError

__all__ = ["MAX_BODY_BYTES", "BodyLimitMiddleware"]

MAX_BODY_BYTES: Final = 1_000_000


class BodyLimitMiddleware:
    """Middleware around the application's error handling: the application that reads a larger body gets an error.

    Faults are outside of it. They read no more than the limit on their own.

    Args:
        application: ASGI application that converts an ``ApiError`` to a response.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. The server is configured to pass only HTTP requests."""
        # The server has checked that the length is a number.
        declared = int(Headers(scope=scope).get("Content-Length", 0))
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            if declared <= MAX_BODY_BYTES:
                message = await receive()
                received += len(message.get("body", b""))
                if received <= MAX_BODY_BYTES:
                    return message
            raise ApiError(413, f"The body must have at most {MAX_BODY_BYTES:,} bytes; send a smaller one.")

        await self._application(scope, receive_limited, send)
