"""The ASGI application: the operations of the API and the control surface, with one shape for every error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ..api.dispatch import perform
from ..api.operation import ApiOperation
from ..api.operations import OPERATIONS
from ..api.responses import ApiResponse
from ..backend import Backend
from ..control.routes import ControlSurface
from ..errors import ApiError
from .fault_middleware import FaultMiddleware

__all__ = ["build_application"]

_SENTENCES: Final[Mapping[int, str]] = {
    404: "There is nothing at this path.",
    405: "The path does not know this method.",
}


def build_application(backend: Backend) -> ASGIApp:
    """Build the application that serves a world.

    Args:
        backend: What is served.

    Returns:
        An ASGI application.
    """
    application = Starlette(
        routes=[*_api_routes(backend, OPERATIONS), *ControlSurface(backend).routes()],
        exception_handlers={
            ApiError: _refused,
            HTTPException: _unroutable,
            ClientDisconnect: _disconnected,
            Exception: _failed,
        },
    )
    # The API redirects nowhere, and a client must not follow anyway.
    application.router.redirect_slashes = False
    return FaultMiddleware(application, backend)


def _api_routes(backend: Backend, operations: Iterable[ApiOperation]) -> list[Route]:
    by_path: defaultdict[str, dict[str, ApiOperation]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    return [_route(backend, path, methods) for path, methods in by_path.items()]


def _route(backend: Backend, path: str, methods: Mapping[str, ApiOperation]) -> Route:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        operation = methods["GET" if request.method == "HEAD" else request.method]
        return perform(backend, operation, request, raw).response()

    return Route(path, endpoint, methods=list(methods))


async def _refused(_request: Request, error: Exception) -> Response:
    return ApiResponse.from_error(cast("ApiError", error)).response()


async def _unroutable(_request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    sentence = _SENTENCES.get(refused.status_code, refused.detail)
    return ApiResponse.from_error(ApiError(refused.status_code, sentence)).response(refused.headers)


async def _disconnected(_request: Request, _error: Exception) -> Response:
    # Nobody reads this; without it, a client that gives up would leave a traceback in the terminal.
    return ApiResponse.from_error(ApiError(400, "The request ended before its body did.")).response()


async def _failed(_request: Request, _error: Exception) -> Response:
    return ApiResponse.from_error(ApiError(500, "The sandbox failed; its log tells more.")).response()
