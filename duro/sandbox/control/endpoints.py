"""Control routes of webhook endpoints."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..deliveries.endpoints import EndpointCreate
from ..errors import ApiError
from .bodies import read_body, to_json

__all__ = ["build_endpoint_routes"]

_PATH: Final = "/_sandbox/endpoints"


def build_endpoint_routes(backend: Backend) -> list[Route]:
    """Build the routes that add and remove the webhook endpoints of a backend."""

    async def add(request: Request) -> Response:
        endpoint = backend.endpoints.append(await read_body(request, EndpointCreate))
        return ApiResponse.of(to_json(endpoint), 201).response()

    async def clear(_request: Request) -> Response:
        return ApiResponse.of({"cleared": backend.endpoints.clear()}).response()

    async def remove(request: Request) -> Response:
        if not backend.endpoints.discard(request.path_params["id"]):
            raise ApiError(404, "The endpoint does not exist.")
        return ApiResponse.of({"cleared": 1}).response()

    return [
        Route(_PATH, add, methods=["POST"]),
        Route(_PATH, clear, methods=["DELETE"]),
        Route(f"{_PATH}/{{id}}", remove, methods=["DELETE"]),
    ]
