"""The layer around the application: every answer gets a request id, every API request an entry in the journal."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..backend import Backend
from ..clock import timestamp
from ..faults.path_pattern import is_control
from .request_log import RequestEntry

__all__ = ["RequestLogMiddleware"]


class RequestLogMiddleware:
    """Stands around an ASGI application, outside its error handling, so that it sees those answers too."""

    def __init__(self, application: ASGIApp, backend: Backend) -> None:
        self._application = application
        self._backend = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through; the server is set up to bring nothing but requests."""
        backend = self._backend
        now = backend.clock.now()
        request_id = backend.ids.generate("req", now)
        method: str = scope["method"]
        path: str = scope["path"]
        is_recorded = not is_control(path)
        if is_recorded:
            backend.request_log.count(method, path)

        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                if is_recorded:
                    # Before the answer leaves: whoever has it finds it in the journal.
                    key = Headers(scope=scope).get("Idempotency-Key")
                    backend.request_log.note(
                        RequestEntry(method, path, message["status"], key, request_id, timestamp(now))
                    )
            await send(message)

        await self._application(scope, receive, send_recorded)
