"""Live updates: a stream of server-sent events that reports changes to open pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..backend import Backend

__all__ = ["LiveUpdates", "read_version"]

MAX_STREAMS: Final = 32
# The interval also bounds how often a page loads itself while requests arrive.
INTERVAL_SECONDS: Final = 0.5
# Some mobile networks close a connection that is silent for longer.
HEARTBEAT_SECONDS: Final = 15
MAX_STREAM_SECONDS: Final = 600

_RECONNECT: Final = b"retry: 1000\n\n"
_HEARTBEAT: Final = b":\n\n"


def read_version(backend: Backend) -> str:
    """Return the version of what the pages show: the records, the logged requests, and the faults.

    Args:
        backend: Backend to watch.
    """
    # Only the faults do not count their changes. A sandbox has a few of them.
    faults = hash(str([fault.to_json() for fault in backend.faults]))
    return f"{backend.store.changes}/{backend.request_log.requests}/{backend.request_log.recorded}/{faults}"


class LiveUpdates:
    """ASGI application that streams the version of the sandbox: first the present one, and then each new one.

    A page that has another version loads itself again. A stream ends after some
    minutes, and the browser opens it again. A server that stops closes its
    connections, which ends all streams.

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
        seen, silence = "", 0.0
        # A comparison costs microseconds, and only while a page is open. A signal would burden every transaction.
        for _ in range(round(MAX_STREAM_SECONDS / INTERVAL_SECONDS)):
            version = read_version(self._backend)
            if version != seen:
                seen, silence = version, 0.0
                yield f"event: change\ndata: {version}\n\n".encode()
            elif silence >= HEARTBEAT_SECONDS:
                silence = 0.0
                yield _HEARTBEAT
            await asyncio.sleep(INTERVAL_SECONDS)
            silence += INTERVAL_SECONDS
