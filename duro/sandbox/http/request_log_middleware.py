"""ASGI middleware that adds a request id to each response, and logs API requests."""

from __future__ import annotations

import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..backend import Backend
from ..clock import timestamp
from ..faults.kinds import FaultKind
from ..faults.path_pattern import is_control_path
from ..request_log import RequestEntry

__all__ = ["RequestLogMiddleware"]


class RequestLogMiddleware:
    """Middleware outside the application's error handling, so that it logs error responses too.

    Args:
        application: ASGI application to log.
        backend: Backend whose request log is kept.
        fault: Kind of the fault that applies to the request, if any.
    """

    def __init__(self, application: ASGIApp, backend: Backend, fault: FaultKind | None = None) -> None:
        self._application = application
        self._backend = backend
        self._fault: FaultKind | None = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. The server is configured to pass only HTTP requests."""
        backend = self._backend
        start = time.perf_counter()
        now = backend.clock.now()
        request_id = backend.ids.generate("req", now)
        method: str = scope["method"]
        path: str = scope["path"]
        is_logged = not is_control_path(path)
        if is_logged:
            backend.request_log.count(method, path)

        def log(status: int | None) -> None:
            nonlocal is_logged
            if is_logged:
                is_logged = False
                key = Headers(scope=scope).get("Idempotency-Key")
                entry = RequestEntry(method, path, status, key, request_id, timestamp(now), self._fault)
                backend.request_log.record(entry, time.perf_counter() - start)

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                # Before the response is sent: a client that has the response finds it in the log.
                log(message["status"])
            await send(message)

        await self._application(scope, receive, send_logged)
        # A fault that discards the request does not send a response.
        log(None)
