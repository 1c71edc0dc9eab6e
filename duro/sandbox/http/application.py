"""ASGI application of the sandbox: API, control routes and dashboard, with one JSON shape for every error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, cast
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Scope

from ..api.dispatch import perform
from ..api.operation import ApiOperation
from ..api.operations import OPERATIONS
from ..api.responses import ApiResponse
from ..backend import Backend
from ..checkout.routes import build_checkout_routes
from ..control.routes import build_control_routes
from ..dashboard.routes import build_dashboard_routes
from ..errors import ApiError
from ..invariants.errors import StrictError
from ..portal.routes import build_portal_routes
from .body_limit import BodyLimitMiddleware
from .fault_middleware import FaultMiddleware
from .origin_check import OriginCheckMiddleware

__all__ = ["build_application"]

_MESSAGES: Final[Mapping[int, str]] = {
    404: "The path does not exist.",
    405: "The path does not support this method.",
}


def build_application(backend: Backend, url: str, allowed_hosts: frozenset[str]) -> ASGIApp:
    """Build the ASGI application of a backend.

    Args:
        backend: Backend to serve.
        url: URL of the server, without a trailing slash.
        allowed_hosts: Host names of the server, in lowercase.

    Returns:
        An ASGI application.
    """
    application = Starlette(
        routes=[
            *_build_api_routes(backend, url, OPERATIONS),
            *build_control_routes(backend, url),
            *build_dashboard_routes(backend),
            *build_checkout_routes(backend, url),
            *build_portal_routes(backend, url),
        ],
        exception_handlers={
            ApiError: _on_api_error,
            StrictError: _on_violation,
            HTTPException: _on_http_exception,
            ClientDisconnect: _on_disconnect,
            Exception: _on_failure,
        },
    )
    # As the API does: it does not redirect, and clients treat a redirect as an error.
    application.router.redirect_slashes = False
    return OriginCheckMiddleware(FaultMiddleware(BodyLimitMiddleware(application), backend), allowed_hosts)


def _build_api_routes(backend: Backend, url: str, operations: Iterable[ApiOperation]) -> list[Route]:
    # One route a path: Starlette would respond with 405 as soon as the first route of a path has another method.
    by_path: defaultdict[str, dict[str, ApiOperation]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    return [_build_route(backend, url, path, methods) for path, methods in by_path.items()]


def _build_route(backend: Backend, url: str, path: str, methods: Mapping[str, ApiOperation]) -> Route:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        operation = methods["GET" if request.method == "HEAD" else request.method]
        return perform(backend, operation, request, raw, url).response()

    return _ApiRoute(path, endpoint, methods=list(methods))


class _ApiRoute(Route):
    """Route that decodes path parameters only after the match, so that their values may contain slashes."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        raw_path: bytes = scope.get("raw_path") or b""
        if b"%" not in raw_path:
            return super().matches(scope)
        match, child = super().matches({**scope, "path": raw_path.decode("latin-1")})
        if "path_params" in child:
            child["path_params"] = {name: unquote(value) for name, value in child["path_params"].items()}
        return match, child


async def _on_api_error(_request: Request, error: Exception) -> Response:
    return ApiResponse.from_error(cast("ApiError", error)).response()


async def _on_violation(_request: Request, error: Exception) -> Response:
    return ApiResponse.from_violation(cast("StrictError", error)).response()


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    exception = cast("HTTPException", error)
    message = _MESSAGES.get(exception.status_code, exception.detail)
    return ApiResponse.from_error(ApiError(exception.status_code, message)).response(exception.headers)


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    # The client does not read this. Without it, each client that disconnects would leave a traceback in the terminal.
    return ApiResponse.from_error(ApiError(400, "The request ended before its body did.")).response()


async def _on_failure(_request: Request, _error: Exception) -> Response:
    return ApiResponse.from_error(ApiError(500, "The sandbox failed; see the log of duro.sandbox.")).response()
