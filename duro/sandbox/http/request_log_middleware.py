"""ASGI middleware that adds a request id to each response, and logs API requests."""

from __future__ import annotations

import re
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..._sandbox_trace import TRACE_HEADER
from ..clock import timestamp
from ..events import collect_event_ids
from ..faults.kinds import FaultKind
from ..faults.path_pattern import is_control_path
from ..request_log import RequestEntry
from .exchange_recorder import ExchangeRecorder
from .mode_middleware import backend_of

__all__ = ["RequestLogMiddleware"]

# Any client can send the header, so the number of digits is limited.
_DELIVERY_ID: Final = re.compile(r"[0-9]{1,18}")


class RequestLogMiddleware:
    """Middleware outside the application's error handling, so that it logs error responses too.

    Args:
        application: ASGI application to log.
        fault: Kind of the fault that applies to the request, if any.
    """

    def __init__(self, application: ASGIApp, fault: FaultKind | None = None) -> None:
        self._application = application
        self._fault: FaultKind | None = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. The server is configured to pass only HTTP requests."""
        backend = backend_of(scope)
        now = backend.clock.now()
        request_id = backend.ids.generate("req", now)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        if is_control_path(scope["path"]):
            await self._application(scope, receive, send_with_id)
        else:
            await self._run_logged(scope, receive, send_with_id, request_id, timestamp(now))

    async def _run_logged(self, scope: Scope, receive: Receive, send: Send, request_id: str, at: str) -> None:
        request_log, recorder = backend_of(scope).request_log, ExchangeRecorder(scope)
        start = time.perf_counter()
        method: str = scope["method"]
        path: str = scope["path"]
        request_log.count(method, path)

        def log(status: int | None) -> None:
            headers = Headers(scope=scope)
            entry = RequestEntry(
                method,
                path,
                status,
                headers.get("Idempotency-Key"),
                request_id,
                at,
                self._fault,
                _parse_delivery_id(headers.get(TRACE_HEADER)),
                tuple(event_ids),
                # The body of a token exchange selects the backend, so it can differ from the one at the start.
                backend_of(scope).mode,
                scope["query_string"].decode(errors="replace"),
            )
            request_log.record(entry, time.perf_counter() - start)

        async def send_logged(message: Message) -> None:
            recorder.record(message)
            # Before the response is sent: a client that has the response finds it in the log.
            if message["type"] == "http.response.start":
                log(message["status"])
            if recorder.is_complete:
                request_log.keep_exchange(request_id, recorder.build())
            await send(message)

        with collect_event_ids() as event_ids:
            await self._application(scope, recorder.watch(receive), send_logged)
            if not recorder.is_started:
                # A fault that discards the request does not send a response.
                log(None)
                request_log.keep_exchange(request_id, recorder.build())


def _parse_delivery_id(trace: str | None) -> int | None:
    return int(trace) if trace is not None and _DELIVERY_ID.fullmatch(trace) else None
