"""ASGI middleware that applies faults. It is outermost, so it can drop or alter a finished response."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from ..faults.path_pattern import is_control_path
from .faulty_request import HttpFaultyRequest
from .mode_middleware import backend_of
from .request_log_middleware import RequestLogMiddleware

__all__ = ["FaultMiddleware"]


class FaultMiddleware:
    """Middleware that selects the fault of each API request, and passes the request to it.

    Args:
        application: API without faults and without the request log.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self._logged = RequestLogMiddleware(application)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. The server is configured to pass only HTTP requests."""
        path: str = scope["path"]
        fault = None if is_control_path(path) else backend_of(scope).faults.select(scope["method"], path)
        if fault is None:
            await self._logged(scope, receive, send)
        else:
            request = HttpFaultyRequest(self._application, scope, receive, send, kind=fault.kind)
            await fault.effect.apply(request)
