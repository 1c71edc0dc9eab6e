"""Control routes of faults."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..errors import ApiError
from ..faults.build import parse_fault
from ..validation import parse_json

__all__ = ["build_fault_routes", "remove_fault"]

_PATH: Final = "/_sandbox/faults"
# Python refuses to parse a number of thousands of digits.
MAX_ID_DIGITS: Final = 18


def build_fault_routes(backend: Backend) -> list[Route]:
    """Build the routes that list, add and remove the faults of a backend."""

    async def show(_request: Request) -> Response:
        return ApiResponse.of([fault.to_json() for fault in backend.faults]).response()

    async def add(request: Request) -> Response:
        fault = backend.faults.append(parse_fault(parse_json(await request.body())))
        return ApiResponse.of(fault.to_json(), 201).response()

    async def clear(_request: Request) -> Response:
        return ApiResponse.of({"cleared": backend.faults.clear()}).response()

    async def remove(request: Request) -> Response:
        remove_fault(backend, request.path_params["id"])
        return ApiResponse.of({"cleared": 1}).response()

    return [
        Route(_PATH, show, methods=["GET"]),
        Route(_PATH, add, methods=["POST"]),
        Route(_PATH, clear, methods=["DELETE"]),
        Route(f"{_PATH}/{{id}}", remove, methods=["DELETE"]),
    ]


def remove_fault(backend: Backend, identifier: str) -> None:
    """Remove a fault by the id in a path.

    Args:
        backend: Backend of the fault.
        identifier: Id of the fault, as text.

    Raises:
        ApiError: The fault does not exist (404).
    """
    is_number = identifier.isascii() and identifier.isdigit() and len(identifier) <= MAX_ID_DIGITS
    if not (is_number and backend.faults.discard(int(identifier))):
        raise ApiError(404, "The fault does not exist.")
