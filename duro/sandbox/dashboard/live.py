"""Live updates: a stream of server-sent events that reports changes to open pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..backend import Backend

__all__ = ["LiveUpdates"]

MAX_STREAMS: Final = 32
# The interval also bounds how often a page loads itself while requests arrive.
INTERVAL_SECONDS: Final = 0.5
# Some mobile networks close a connection that is silent for longer.
HEARTBEAT_SECONDS: Final = 15
MAX_STREAM_SECONDS: Final = 600

_RECONNECT: Final = b"retry: 1000\n\n"
_CHANGE: Final = b"event: change\ndata:\n\n"
_HEARTBEAT: Final = b":\n\n"


class LiveUpdates:
    """ASGI application that streams a message whenever the sandbox has changed.

    A message does not contain data: the page loads itself again. A stream ends
    after some minutes, and the browser opens it again. A server that stops
    closes its connections, which ends all streams.

    Args:
        backend: Backend to watch.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client disconnects."""
        if self._open >= MAX_STREAMS:
            # With this status, a browser does not try again by itself.
            await Response(status_code=204)(scope, receive, send)
            return
        self._open += 1
        try:
            headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            stream = StreamingResponse(self._watch(), headers=headers, media_type="text/event-stream")
            await stream(scope, receive, send)
        finally:
            self._open -= 1

    async def _watch(self) -> AsyncGenerator[bytes, None]:
        yield _RECONNECT
        seen, silence = self._version(), 0.0
        # A comparison costs microseconds, and only while a page is open. A signal would burden every transaction.
        for _ in range(round(MAX_STREAM_SECONDS / INTERVAL_SECONDS)):
            await asyncio.sleep(INTERVAL_SECONDS)
            silence += INTERVAL_SECONDS
            version = self._version()
            if version != seen:
                seen, silence = version, 0.0
                yield _CHANGE
            elif silence >= HEARTBEAT_SECONDS:
                silence = 0.0
                yield _HEARTBEAT

    def _version(self) -> tuple[int, int]:
        return self._backend.store.changes, self._backend.request_log.requests
