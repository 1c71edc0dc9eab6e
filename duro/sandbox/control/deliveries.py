"""Control routes of webhook deliveries: those still to be made, and manual replays."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..errors import ApiError
from .bodies import to_json

__all__ = ["build_delivery_routes", "parse_delivery_id"]

_PATH: Final = "/_sandbox/deliveries"
# SQLite's largest integer has 19 digits.
MAX_ID_DIGITS: Final = 18


def build_delivery_routes(backend: Backend) -> list[Route]:
    """Build the routes that list the pending deliveries of a backend, and that repeat a delivery."""

    async def list_pending(_request: Request) -> Response:
        return ApiResponse.of([to_json(delivery) for delivery in backend.deliveries.pending]).response()

    async def replay(request: Request) -> Response:
        delivery = backend.deliveries.repeat(parse_delivery_id(request.path_params["id"]))
        return ApiResponse.of(to_json(delivery), 201).response()

    return [
        Route(f"{_PATH}/pending", list_pending, methods=["GET"]),
        Route(f"{_PATH}/{{id}}/replay", replay, methods=["POST"]),
    ]


def parse_delivery_id(text: str) -> int:
    """Parse the id of a delivery in a path.

    Raises:
        ApiError: The text is not an id (404).
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS):
        raise ApiError(404, "The delivery does not exist.")
    return int(text)
