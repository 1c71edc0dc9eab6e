"""Control route that settles a payment of a checkout session."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..checkout import steps
from ..representation import checkout_status_to_json

__all__ = ["build_transfer_routes"]


def build_transfer_routes(backend: Backend) -> list[Route]:
    """Build the route that settles the payment that a checkout session waits for."""

    async def settle(request: Request) -> Response:
        attempt = steps.settle(backend, request.path_params["token"])
        return ApiResponse.of({**checkout_status_to_json(attempt.session), "status": attempt.status}).response()

    return [Route("/_sandbox/transfers/{token}/settle", settle, methods=["POST"])]
