"""ASGI middleware that adds a request id to each response, and logs API requests."""

from __future__ import annotations

import re
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..._sandbox_trace import TRACE_HEADER
from ..backend import Backend
from ..clock import timestamp
from ..events import collect_event_ids
from ..faults.kinds import FaultKind
from ..faults.path_pattern import is_control_path
from ..request_log import RequestEntry

__all__ = ["RequestLogMiddleware"]

# Any client can send the header, so the number of digits is limited.
_DELIVERY_ID: Final = re.compile(r"[0-9]{1,18}")


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
                headers = Headers(scope=scope)
                entry = RequestEntry(
                    method,
                    path,
                    status,
                    headers.get("Idempotency-Key"),
                    request_id,
                    timestamp(now),
                    self._fault,
                    _parse_delivery_id(headers.get(TRACE_HEADER)),
                    tuple(event_ids),
                )
                backend.request_log.record(entry, time.perf_counter() - start)

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                # Before the response is sent: a client that has the response finds it in the log.
                log(message["status"])
            await send(message)

        with collect_event_ids() as event_ids:
            await self._application(scope, receive, send_logged)
            # A fault that discards the request does not send a response.
            log(None)


def _parse_delivery_id(trace: str | None) -> int | None:
    return int(trace) if trace is not None and _DELIVERY_ID.fullmatch(trace) else None
