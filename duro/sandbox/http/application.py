"""ASGI application of the sandbox: API, control routes and dashboard, with one JSON shape for every error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Final, cast
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..._json_types import as_object
from ...config import Mode
from ..api.dispatch import perform
from ..api.operation import ApiOperation
from ..api.operations import OPERATIONS
from ..api.responses import ApiResponse
from ..backend import Backend
from ..errors import ApiError, ResponseError
from ..invariants.errors import StrictError
from ..modes.backends import Modes
from ..validation import parse_json
from .body_limit import BodyLimitMiddleware
from .fault_middleware import FaultMiddleware
from .mode_middleware import ModeMiddleware, backend_of, use_backend
from .origin_check import OriginCheckMiddleware

__all__ = ["build_application"]

_MESSAGES: Final[Mapping[int, str]] = {
    404: "The path does not exist.",
    405: "The path does not support this method.",
}


def _check_page_package() -> None:
    """Check that the package of the pages exists. They import it at their first request."""
    if find_spec("jinja2") is None:
        raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")


# A program without the extra gets its error at the import, and not at the first page.
_check_page_package()


def build_application(modes: Modes, url: str, allowed_hosts: frozenset[str]) -> ASGIApp:
    """Build the ASGI application of a server.

    Args:
        modes: Backends to serve.
        url: URL of the server, without a trailing slash.
        allowed_hosts: Host names of the server, in lowercase.

    Returns:
        An ASGI application.
    """
    application = FaultMiddleware(BodyLimitMiddleware(_Application(modes, url)))
    return OriginCheckMiddleware(ModeMiddleware(application, modes), allowed_hosts)


class _Application(Starlette):
    """API of one sandbox, and its pages and control routes."""

    def __init__(self, modes: Modes, url: str) -> None:
        super().__init__(
            routes=_api_routes(),
            exception_handlers={
                ResponseError: _on_response_error,
                StrictError: _on_violation,
                HTTPException: _on_http_exception,
                ClientDisconnect: _on_disconnect,
                Exception: _on_failure,
            },
        )
        # As the API does: it does not redirect, and clients treat a redirect as an error.
        self.router.redirect_slashes = False
        # No path of the API is below /_sandbox.
        self.router.default = _build_control_application(modes, url)
        self.modes = modes
        self.url = url


def _defer(build: Callable[[], ASGIApp]) -> ASGIApp:
    """Return an application that is built at its first request."""
    build = cache(build)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await build()(scope, receive, send)

    return call


def _build_control_application(modes: Modes, url: str) -> ASGIApp:
    """Build the application of the control routes, with a router for each mode."""
    routers: Mapping[Mode, ASGIApp] = {
        "test": _defer(lambda: _build_control_router(modes.test, modes, url)),
        "live": _defer(lambda: _build_control_router(modes.open_live(), modes, url)),
    }

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await routers[backend_of(scope).mode](scope, receive, send)

    return call


def _build_control_router(backend: Backend, modes: Modes, url: str) -> ASGIApp:
    # Most tests do not use the pages, and their packages are a fifth of the import time of a sandbox.
    from .control_router import build_control_router

    return build_control_router(backend, modes.reset, url)


# The sandboxes of a process share these routes, which take half a millisecond to build.
@cache
def _api_routes() -> tuple[Route, ...]:
    # One route a path: Starlette would respond with 405 as soon as the first route of a path has another method.
    by_path: defaultdict[str, dict[str, ApiOperation]] = defaultdict(dict)
    for operation in OPERATIONS:
        by_path[operation.path][operation.method] = operation
    return tuple(_build_route(path, methods) for path, methods in by_path.items())


def _build_route(path: str, methods: Mapping[str, ApiOperation]) -> Route:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        operation = methods["GET" if request.method == "HEAD" else request.method]
        application = cast("_Application", request.app)
        if operation.mode_member is not None:
            use_backend(request.scope, application.modes.select(_find_member(raw, operation.mode_member)))
        return perform(backend_of(request.scope), operation, request, raw, application.url).response()

    return _ApiRoute(path, endpoint, methods=list(methods))


def _find_member(raw_body: bytes, name: str) -> str:
    """Return a string of a body, or an empty string. The operation itself reports an invalid body."""
    try:
        value = as_object(parse_json(raw_body)).get(name)
    except ApiError:
        return ""
    return value if isinstance(value, str) else ""


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


async def _on_response_error(_request: Request, error: Exception) -> Response:
    return ApiResponse.from_error(cast("ResponseError", error)).response()


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
